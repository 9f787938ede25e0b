import * as tf from '@tensorflow/tfjs-core';
import { LEAST_VOCABULARY, PIECE_ENTRIES } from '../../costs/head-cost.js';
import { embed, logitsOf, type RunningSoftmax, type TileInputs } from '../../math/head/head.js';
import {
  mixedByRow,
  mixedTarget,
  type TeacherTargets,
  teacherTarget,
} from '../../math/head/teacher-targets.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { DecoderConfig } from '../../spec/config.js';
import { EMBEDDING, FINAL_NORM, HEAD } from '../../weights/tensor-names.js';
import type { WeightReader } from '../../weights/weight-reader.js';
import { scaledNorm, scaleGradient } from '../sublayer-weights.js';
import type { DistillationTargets } from './distilled-head.js';
import { headFunctions } from './head-functions.js';

/** Both ends of the model: the embedding, and the final norm with the head, which may be tied to the embedding. */
export class LanguageHead {
  private readonly functions;
  /** In the weights' dtype, as transformers has it. */
  private readonly embeddingScale: number;

  private constructor(
    private readonly runtime: Runtime,
    private readonly config: DecoderConfig,
    private readonly weights: {
      norm: tf.Tensor; //      [d] times the scale of the logits
      embedding: tf.Tensor; // [V, d]
      head: tf.Tensor; //      [V, d]
    },
  ) {
    const { bfloat16 } = runtime;
    this.embeddingScale =
      bfloat16?.is(weights.embedding) && config.embeddingScaleRounds
        ? roundedToBfloat16(config.embeddingScale)
        : config.embeddingScale;
    this.functions = headFunctions(runtime, config);
  }

  static async load(reader: WeightReader, runtime: Runtime, config: DecoderConfig): Promise<LanguageHead> {
    const shape = [config.vocabSize, config.hiddenSize] as const;
    const embedding = await reader.matrix(EMBEDDING, shape);
    // Backends may keep values on the host until an op needs them; this puts the largest tensor on the device now,
    // so that its host copy can be collected while the layers load.
    tf.dispose(tf.tidy(() => tf.gather(embedding, tf.tensor1d([0], 'int32'))));
    const plain = await reader.norm(FINAL_NORM, config.hiddenSize, config.normOffset);
    const norm = config.logitScale === 1 ? plain : reader.own(tf.mul(plain, config.logitScale));
    if (norm !== plain) plain.dispose();
    const head = config.tiedHead ? embedding : await reader.matrix(HEAD, shape);
    return new LanguageHead(runtime, config, { norm, embedding, head });
  }

  /** `[N, d]` float32 rows for `N` ids. */
  embed(ids: Int32Array): tf.Tensor {
    const rows = embed(this.runtime, this.weights.embedding, tf.tensor1d(ids, 'int32'));
    if (this.embeddingScale === 1) return rows;
    const scaled = tf.mul(rows, this.embeddingScale);
    rows.dispose();
    return scaled;
  }

  /** The final norm's weight times its scales, `[d]`. The caller disposes of it. */
  prepareNorm(scales: Float32Array | undefined): tf.Tensor {
    return tf.tidy(() => tf.keep(scaledNorm(this.weights.norm, scales)));
  }

  /**
   * Negative log-likelihood of each target, `[N]`.
   *
   * @param x hidden states before the final norm, `[N, d]`.
   * @param norm the final norm of the question, see {@link prepareNorm}.
   */
  negLogLikelihood(x: tf.Tensor, norm: tf.Tensor, targets: Int32Array): tf.Tensor {
    const { likelihoodTile, loss } = this.functions;
    const hidden = this.normed(x, norm);
    const softmax = this.softmax(hidden, likelihoodTile);
    return loss({ hidden, target: this.rowsOf(targets), ...softmax }).nll;
  }

  /**
   * The same, with the gradients of the mean, or of the sum with `weights`, `[N]`: `dx [N, d]` and, with `tuning`, that of the norm's scales, `[d]`. With a
   * `teacher`, the targets are mixed with its predictions; those are compared without the soft cap of the logits.
   */
  crossEntropy(
    x: tf.Tensor,
    norm: tf.Tensor,
    targets: Int32Array,
    {
      tuning,
      teacher,
      weights,
    }: {
      readonly tuning: boolean;
      readonly teacher?: TeacherTargets | undefined;
      readonly weights?: Float32Array | undefined;
    },
  ): { nll: tf.Tensor; dx: tf.Tensor; dNormScales: tf.Tensor | undefined } {
    const { normGradient, weightGradient } = this.functions;
    const { nll, dHidden } = this.mixedLoss(this.normed(x, norm), targets, teacher);
    const ofTarget = weights ? tf.tensor2d(weights, [weights.length, 1]) : 1 / targets.length;
    const dy = tf.mul(dHidden, ofTarget); // [N, d]
    const { dx } = normGradient({ x, weight: norm, dy });
    const dNormScales = tuning
      ? scaleGradient(weightGradient({ x, dy }).dWeight, this.weights.norm)
      : undefined;
    return { nll, dx, dNormScales };
  }

  /** The mean row of the head under the model's own prediction, `[N, d]`: targets for a student. */
  teacherRows(x: tf.Tensor, norm: tf.Tensor): tf.Tensor {
    const { weighted, total } = this.softmax(this.normed(x, norm), this.functions.plainTile);
    return tf.div(weighted!, total);
  }

  /**
   * The loss of a student, see `distillation`, with the gradients of the weighted sum over the tokens: `dx [N, d]`, that of
   * the norm's weight `[d]`, and with `withHead` that of the head's matrix.
   */
  distil(x: tf.Tensor, norm: tf.Tensor, targets: DistillationTargets, withHead: boolean) {
    const { distilled, normGradient, weightGradient } = this.functions;
    const { dHidden: dy, ...loss } = distilled.loss(
      this.normed(x, norm),
      this.weights.head,
      targets,
      withHead,
    );
    const { dx } = normGradient({ x, weight: norm, dy });
    return { ...loss, dx, dNorm: weightGradient({ x, dy }).dWeight };
  }

  /** The same without the head's gradient, and with that of the norm's scales, `[d]`, in place of its weight's. */
  distilScales(x: tf.Tensor, norm: tf.Tensor, targets: DistillationTargets) {
    const { nll, kl, dx, dNorm } = this.distil(x, norm, targets, false);
    return { nll, kl, dx, dNormScales: scaleGradient(dNorm, this.weights.norm) };
  }

  /** The `k` most likely next tokens of each position, see `TeacherLogits`. */
  topLogits(x: tf.Tensor, norm: tf.Tensor, k: number): { ids: tf.Tensor; logProbabilities: tf.Tensor } {
    return this.functions.distilled.top(this.normed(x, norm), this.weights.head, k);
  }

  /** The gradient of the embedding, `[V, d]`, from that of its rows `[N, d]`. */
  embeddingGradient(ids: Int32Array, dRows: tf.Tensor): tf.Tensor {
    const { vocabSize, hiddenSize } = this.config;
    const indices = tf.tensor2d(ids, [ids.length, 1], 'int32');
    return tf.scatterND(indices, tf.mul(dRows, this.embeddingScale), [vocabSize, hiddenSize]);
  }

  /** Whether the head is the embedding. */
  get tied(): boolean {
    return this.config.tiedHead;
  }

  /** All weights by name: `norm`, `embedding`, and `head` unless it is tied. They belong to this object. */
  allWeights(): ReadonlyMap<string, tf.Tensor> {
    const { head, ...others } = this.weights;
    return new Map(Object.entries(this.config.tiedHead ? others : { ...others, head }));
  }

  /** Replaces weights by tensors of the same shapes, which then belong to this object. */
  replaceWeights(values: ReadonlyMap<string, tf.Tensor>): void {
    for (const name of ['norm', 'embedding', 'head'] as const) {
      const value = values.get(name);
      if (!value) continue;
      this.weights[name].dispose();
      this.weights[name] = value;
      if (name === 'embedding' && this.config.tiedHead) this.weights.head = value;
    }
  }

  /** `[N, V]` logits, all at once. */
  logits(x: tf.Tensor, norm: tf.Tensor): tf.Tensor {
    return logitsOf(this.runtime, this.normed(x, norm), this.weights.head, this.config.logitCap);
  }

  dispose(): void {
    this.weights.embedding.dispose();
    this.weights.norm.dispose();
    if (!this.config.tiedHead) this.weights.head.dispose();
  }

  private normed(x: tf.Tensor, norm: tf.Tensor): tf.Tensor {
    return this.functions.norm({ x, weight: norm }).y;
  }

  /** Head rows of tokens, `[N, d]`. */
  private rowsOf(ids: Int32Array): tf.Tensor {
    return embed(this.runtime, this.weights.head, tf.tensor1d(ids, 'int32'));
  }

  /** The losses against the next tokens and the teacher, mixed, and their gradient, `[N, d]`. */
  private mixedLoss(
    hidden: tf.Tensor,
    targets: Int32Array,
    teacher: TeacherTargets | undefined,
  ): { nll: tf.Tensor; dHidden: tf.Tensor } {
    const { gradientTile, plainTile, loss, plainLoss } = this.functions;
    const softmax = this.softmax(hidden, gradientTile);
    const next = this.rowsOf(targets);
    if (!teacher || this.config.logitCap === undefined) {
      const target = teacher ? mixedTarget(next, teacher) : next; // [N, d]
      const { nll, dHidden } = loss({ hidden, target, ...softmax });
      return { nll, dHidden: dHidden! };
    }
    // Capped logits are not linear in the rows of the head, which the teacher's mean row needs.
    const text = loss({ hidden, target: next, ...softmax });
    const target = teacherTarget(teacher, this.config.hiddenSize);
    const taught = plainLoss({ hidden, target, ...this.softmax(hidden, plainTile) });
    return {
      nll: mixedByRow(text.nll, taught.nll, teacher),
      dHidden: mixedByRow(text.dHidden!, taught.dHidden!, teacher),
    };
  }

  private softmax(hidden: tf.Tensor, addTile: (inputs: TileInputs) => RunningSoftmax): RunningSoftmax {
    const [N, d] = hidden.shape as [number, number];
    const { vocabSize } = this.config;
    const { head } = this.weights;
    const entries = this.runtime.pieceEntries ?? PIECE_ENTRIES;
    const tile = Math.max(LEAST_VOCABULARY, 2 ** Math.floor(Math.log2(entries / N)));
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

function roundedToBfloat16(x: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer);
  bits[0] = (bits[0]! + 0x7fff + ((bits[0]! >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(bits.buffer)[0]!;
}
