import * as tf from '@tensorflow/tfjs-core';
import type { DecoderConfig } from '../spec/config.js';
import { type ExpectedRows, mixedTarget } from '../recovery/teacher-targets.js';
import { GainedNorm } from '../gained-norm.js';
import {
  addTile,
  crossEntropy,
  embed,
  type LossInputs,
  type RunningSoftmax,
  type TileInputs,
} from '../math/head.js';
import type { WeightReader } from '../weights/weight-reader.js';
import { namedFunction } from '../runtime/named-function.js';
import { rmsNorm, rmsNormGradient, rmsNormWeightGradient } from '../math/rms-norm.js';
import type { Runtime } from '../runtime/runtime.js';
import { EMBEDDING, FINAL_NORM, HEAD } from '../weights/tensor-names.js';

/** Logits held at once, as entries, where the runtime names no number: 8 MiB of float32. */
const TILE_ENTRIES = 2 ** 21;

/** Both ends of the model: embedding, and final norm with the (perhaps tied) head. */
export class LanguageHead {
  private readonly functions;

  private constructor(
    private readonly runtime: Runtime,
    private readonly config: DecoderConfig,
    readonly norm: GainedNorm,
    private readonly weights: {
      readonly embedding: tf.Tensor;
      readonly head: tf.Tensor;
    },
  ) {
    const epsilon = config.normEpsilon;
    this.functions = {
      likelihoodTile: namedFunction(runtime, 'head', (i: TileInputs) => addTile(runtime, i, false)),
      gradientTile: namedFunction(runtime, 'head-gradient', (i: TileInputs) => addTile(runtime, i, true)),
      loss: namedFunction(runtime, 'cross-entropy', (i: LossInputs) => crossEntropy(i)),
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
      weightGradient: namedFunction(
        runtime,
        'final-norm-weight-gradient',
        (i: { x: tf.Tensor; dy: tf.Tensor }) => ({ dWeight: rmsNormWeightGradient(i.x, epsilon, i.dy) }),
      ),
    };
  }

  static async load(reader: WeightReader, runtime: Runtime, config: DecoderConfig): Promise<LanguageHead> {
    const shape = [config.vocabSize, config.hiddenSize] as const;
    const embedding = await reader.matrix(EMBEDDING, shape);
    // Backends may keep values on the host until an op needs them; this puts the largest tensor on the device now,
    // so that its host copy can be collected while the layers load.
    tf.dispose(tf.tidy(() => tf.gather(embedding, tf.tensor1d([0], 'int32'))));
    const norm = new GainedNorm(await reader.vector(FINAL_NORM, config.hiddenSize));
    // A checkpoint may store a tied head once more, or leave out one that is tied without saying so.
    const head = config.tiedHead ? embedding : await reader.matrix(HEAD, shape);
    return new LanguageHead(runtime, config, norm, { embedding, head });
  }

  /** `[N, d]` float32 rows for `N` ids. */
  embed(ids: Int32Array): tf.Tensor {
    return embed(this.runtime, this.weights.embedding, tf.tensor1d(ids, 'int32'));
  }

  /** Negative log-likelihood of each target: `[N]`, for hidden states `x [N, d]` before the final norm. */
  negLogLikelihood(x: tf.Tensor, targets: Int32Array): tf.Tensor {
    return this.loss(this.normed(x), targets, this.functions.likelihoodTile).nll;
  }

  /**
   * The same, and the gradients of their mean: `[N]`, `[N, d]`, and with `norm` the gains' `[d]`. With `expected` targets
   * are in part what another model predicts.
   */
  crossEntropy(
    x: tf.Tensor,
    targets: Int32Array,
    norm: boolean,
    expected?: ExpectedRows,
  ): { nll: tf.Tensor; dx: tf.Tensor; dGain: tf.Tensor | undefined } {
    const { nll, dHidden } = this.loss(this.normed(x), targets, this.functions.gradientTile, expected);
    const dy = tf.mul(dHidden!, 1 / targets.length); // [N, d]
    const { dx } = this.functions.normGradient({ x, weight: this.norm.weight, dy });
    const dGain = norm ? this.norm.gainGradient(this.functions.weightGradient({ x, dy }).dWeight) : undefined;
    return { nll, dx, dGain };
  }

  /** The mean row of the head under the model's own prediction, `[N, d]`: {@link ExpectedRows} for another model. */
  expectedRows(x: tf.Tensor): tf.Tensor {
    const { weighted, total } = this.softmax(this.normed(x), this.functions.gradientTile);
    return tf.div(weighted!, total);
  }

  /** `[N, V]` logits, all at once. */
  logits(x: tf.Tensor): tf.Tensor {
    return this.runtime.matMul(this.normed(x), this.weights.head, false, true);
  }

  dispose(): void {
    this.weights.embedding.dispose();
    this.norm.dispose();
    if (!this.config.tiedHead) this.weights.head.dispose();
  }

  private normed(x: tf.Tensor): tf.Tensor {
    return this.functions.norm({ x, weight: this.norm.weight }).y;
  }

  private loss(
    hidden: tf.Tensor,
    targets: Int32Array,
    addTile: (inputs: TileInputs) => RunningSoftmax,
    expected?: ExpectedRows,
  ) {
    const softmax = this.softmax(hidden, addTile);
    const next = embed(this.runtime, this.weights.head, tf.tensor1d(targets, 'int32'));
    const target = expected ? mixedTarget(next, expected) : next; // [N, d]
    return this.functions.loss({ hidden, target, ...softmax });
  }

  private softmax(hidden: tf.Tensor, addTile: (inputs: TileInputs) => RunningSoftmax): RunningSoftmax {
    const [N, d] = hidden.shape as [number, number];
    const { vocabSize } = this.config;
    const { head } = this.weights;
    const entries = this.runtime.pieceEntries ?? TILE_ENTRIES;
    const tile = 2 ** Math.max(6, Math.floor(Math.log2(entries / N)));
    let softmax: RunningSoftmax | undefined;
    for (let start = 0; start < vocabSize; start += tile) {
      const rows = tf.slice(head, [start, 0], [Math.min(tile, vocabSize - start), d]);
      const next = addTile({ hidden, rows, ...softmax });
      tf.dispose({ rows, ...softmax });
      softmax = next;
    }
    return softmax!;
  }
}
