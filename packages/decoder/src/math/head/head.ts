/**
 * The language-model head: cross entropy against the next token and its gradient, a tile of the vocabulary at a
 * time, so that logits over the whole vocabulary never exist at once and each head row is read once.
 *
 * Softmax is accumulated over tiles: with the running maximum `m`, sums of `exp(logit − m)` grow tile by tile and
 * are rescaled when `m` does.
 *
 * Dims: N tokens, d hidden, V vocabulary, v vocabulary entries of a tile.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../../runtime/runtime.js';

/** Rows of a matrix of the vocabulary, float32: `[n, d]`. */
export function embed(runtime: Runtime, embedding: tf.Tensor, ids: tf.Tensor): tf.Tensor {
  const rows = tf.gather(embedding, ids);
  return runtime.bfloat16 ? runtime.bfloat16.toFloat32(rows) : rows;
}

/** Softmax over the tiles seen so far. */
export type RunningSoftmax = {
  readonly max: tf.Tensor; //        [N, 1] largest logit
  readonly total: tf.Tensor; //      [N, 1] Σ exp(logit − max)
  readonly weighted?: tf.Tensor | undefined; // [N, d] Σ exp(logit − max) · head row
};

export type TileInputs = Partial<RunningSoftmax> & {
  readonly hidden: tf.Tensor; // [N, d] after the final norm
  readonly rows: tf.Tensor; //   [v, d] of the head
};

/** Logits after their soft cap, `cap · tanh(x / cap)`, and its derivative there. */
export function softCap(x: tf.Tensor, cap: number): { value: tf.Tensor; slope: tf.Tensor } {
  const tanh = tf.tanh(tf.mul(x, 1 / cap));
  return { value: tf.mul(tanh, cap), slope: tf.sub(1, tf.square(tanh)) };
}

/** All logits `[N, V]`. */
export function logitsOf(
  runtime: Runtime,
  hidden: tf.Tensor,
  head: tf.Tensor,
  cap: number | undefined,
): tf.Tensor {
  const plain = runtime.matMul(hidden, head, false, true);
  return cap === undefined ? plain : softCap(plain, cap).value;
}

/**
 * Adds one tile of the vocabulary. `withWeighted` also accumulates the rows that the gradient needs.
 *
 * @param cap soft cap of the logits, if they have one.
 */
export function addTile(
  runtime: Runtime,
  i: TileInputs,
  withWeighted: boolean,
  cap: number | undefined,
): RunningSoftmax {
  const plain = runtime.matMul(i.hidden, i.rows, false, true); // [N, v]
  const capped = cap === undefined ? undefined : softCap(plain, cap);
  const logits = capped?.value ?? plain;
  const tileMax = tf.max(logits, 1, true); // [N, 1]
  const max = i.max ? tf.maximum(i.max, tileMax) : tileMax;
  const exponential = tf.exp(tf.sub(logits, max)); // [N, v]
  const total = tf.sum(exponential, 1, true);
  const ofRows = capped ? tf.mul(exponential, capped.slope) : exponential;
  const weighted = withWeighted ? runtime.matMul(ofRows, i.rows) : undefined; // [N, d]
  if (!i.max || !i.total) return { max, total, weighted };
  const decay = tf.exp(tf.sub(i.max, max)); // [N, 1]
  return {
    max,
    total: tf.add(total, tf.mul(i.total, decay)),
    weighted: weighted && i.weighted ? tf.add(weighted, tf.mul(i.weighted, decay)) : undefined,
  };
}

export type LossInputs = RunningSoftmax & {
  readonly hidden: tf.Tensor; // [N, d]
  readonly target: tf.Tensor; // [N, d] head rows of the target tokens
};

/** Negative log-likelihood of each target, `[N]`, and with `weighted` the gradient of their sum, `[N, d]`. */
export function crossEntropy(
  i: LossInputs,
  cap: number | undefined,
): { nll: tf.Tensor; dHidden: tf.Tensor | undefined } {
  const plain = tf.sum(tf.mul(i.hidden, i.target), 1); // [N]
  const capped = cap === undefined ? undefined : softCap(plain, cap);
  const nll = tf.sub(tf.reshape(tf.add(tf.log(i.total), i.max), [-1]), capped?.value ?? plain);
  if (!i.weighted) return { nll, dHidden: undefined };
  const ofTarget = capped ? tf.mul(i.target, tf.expandDims(capped.slope, 1)) : i.target;
  return { nll, dHidden: tf.sub(tf.div(i.weighted, i.total), ofTarget) };
}
