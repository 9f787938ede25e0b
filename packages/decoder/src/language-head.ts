import * as tf from '@tensorflow/tfjs-core';
import type { DecoderConfig } from './config.js';
import { crossEntropy, embed, type HeadInputs, negLogLikelihood } from './head.js';
import type { WeightReader } from './load-weights.js';
import { namedFunction } from './named-function.js';
import { rmsNorm, rmsNormGradient } from './rms-norm.js';
import type { Runtime } from './runtime.js';
import { EMBEDDING, FINAL_NORM, HEAD } from './tensor-names.js';

/** Logits held at once, as entries: 32 MiB of float32. */
const CHUNK_ENTRIES = 2 ** 23;

/** Both ends of the model: embedding, and final norm with the (perhaps tied) head. */
export class LanguageHead {
  private readonly functions;
  /** Tokens whose logits are held at once. */
  private readonly chunk: number;

  private constructor(
    private readonly runtime: Runtime,
    private readonly config: DecoderConfig,
    private readonly weights: {
      readonly embedding: tf.Tensor;
      readonly norm: tf.Tensor;
      readonly head: tf.Tensor;
    },
  ) {
    const epsilon = config.normEpsilon;
    this.chunk = 2 ** Math.max(4, Math.floor(Math.log2(CHUNK_ENTRIES / config.vocabSize)));
    this.functions = {
      negLogLikelihood: namedFunction(runtime, 'head', (i: HeadInputs) => negLogLikelihood(runtime, i)),
      crossEntropy: namedFunction(runtime, 'head-gradient', (i: HeadInputs) => crossEntropy(runtime, i)),
      norm: namedFunction(runtime, 'final-norm', (i: { x: tf.Tensor; weight: tf.Tensor }) => ({
        y: rmsNorm(i.x, i.weight, epsilon),
      })),
      normGradient: namedFunction(
        runtime,
        'final-norm-gradient',
        (i: { x: tf.Tensor; weight: tf.Tensor; dy: tf.Tensor }) => ({
          dx: rmsNormGradient(i.x, i.weight, epsilon, i.dy),
        }),
      ),
    };
  }

  static async load(reader: WeightReader, runtime: Runtime, config: DecoderConfig): Promise<LanguageHead> {
    const shape = [config.vocabSize, config.hiddenSize] as const;
    const embedding = await reader.matrix(EMBEDDING, shape);
    // Backends may keep values on the host until an op needs them; this puts the largest tensor on the device now,
    // so that its host copy can be collected while the layers load.
    tf.tidy(() => tf.gather(embedding, tf.tensor1d([0], 'int32')));
    const norm = await reader.vector(FINAL_NORM, config.hiddenSize);
    // A checkpoint may store a tied head once more, or leave out one that is tied without saying so.
    const head = config.tiedHead ? embedding : await reader.matrix(HEAD, shape);
    return new LanguageHead(runtime, config, { embedding, norm, head });
  }

  /** `[N, d]` float32 rows for `N` ids. */
  embed(ids: Int32Array): tf.Tensor {
    return embed(this.runtime, this.weights.embedding, tf.tensor1d(ids, 'int32'));
  }

  /** Negative log-likelihood of each target: `[N]`, for hidden states `x [N, d]` before the final norm. */
  negLogLikelihood(x: tf.Tensor, targets: Int32Array): tf.Tensor {
    return tf.concat(
      this.chunks(this.normed(x), targets).map((inputs) => this.functions.negLogLikelihood(inputs).nll),
    );
  }

  /** The same, and the gradient of their mean: `[N]` and `[N, d]`. */
  crossEntropy(x: tf.Tensor, targets: Int32Array): { nll: tf.Tensor; dx: tf.Tensor } {
    const parts = this.chunks(this.normed(x), targets).map((inputs) => this.functions.crossEntropy(inputs));
    const dy = tf.mul(tf.concat(parts.map((p) => p.dHidden)), 1 / targets.length); // [N, d]
    const { dx } = this.functions.normGradient({ x, weight: this.weights.norm, dy });
    return { nll: tf.concat(parts.map((p) => p.nll)), dx };
  }

  /** `[N, V]` logits, all at once. */
  logits(x: tf.Tensor): tf.Tensor {
    return this.runtime.matMul(this.normed(x), this.weights.head, false, true);
  }

  dispose(): void {
    this.weights.embedding.dispose();
    this.weights.norm.dispose();
    if (!this.config.tiedHead) this.weights.head.dispose();
  }

  private normed(x: tf.Tensor): tf.Tensor {
    return this.functions.norm({ x, weight: this.weights.norm }).y;
  }

  private chunks(hidden: tf.Tensor, targets: Int32Array): HeadInputs[] {
    const [N, d] = hidden.shape as [number, number];
    const count = Math.ceil(N / this.chunk);
    return Array.from({ length: count }, (_, i) => {
      const start = i * this.chunk;
      const end = Math.min(start + this.chunk, N);
      return {
        hidden: tf.slice(hidden, [start, 0], [end - start, d]),
        head: this.weights.head,
        labels: tf.tensor1d(targets.subarray(start, end), 'int32'),
      };
    });
  }
}
