/**
 * The language-model head: final norm, cross entropy against the next token, and its gradient, chunk by chunk,
 * so that logits of all tokens never exist at once.
 *
 * Dims: N tokens, n tokens of a chunk, d hidden, V vocabulary.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from './runtime.js';

/** Rows of the embedding, float32: `[n, d]`. */
export function embed(runtime: Runtime, embedding: tf.Tensor, ids: tf.Tensor): tf.Tensor {
  const rows = tf.gather(embedding, ids);
  return runtime.bfloat16 ? runtime.bfloat16.toFloat32(rows) : rows;
}

export type HeadInputs = {
  readonly hidden: tf.Tensor; //  [n, d] after the final norm
  readonly head: tf.Tensor; //    [V, d]
  readonly labels: tf.Tensor; //  [n] int32
};

/** Shifted exponentials and what they sum to: the logits' softmax, not yet divided. */
function exponentials(runtime: Runtime, i: HeadInputs) {
  const logits = runtime.matMul(i.hidden, i.head, false, true); // [n, V]
  const max = tf.max(logits, 1, true); // [n, 1]
  const exponential = tf.exp(tf.sub(logits, max)); // [n, V]
  return { max, exponential, total: tf.sum(exponential, 1, true) };
}

/** Negative log-likelihood of each label: `[n]`. */
export function negLogLikelihood(runtime: Runtime, i: HeadInputs): { nll: tf.Tensor } {
  const { max, total } = exponentials(runtime, i);
  const target = tf.sum(tf.mul(i.hidden, embed(runtime, i.head, i.labels)), 1); // [n]
  return { nll: tf.sub(tf.reshape(tf.add(tf.log(total), max), [-1]), target) };
}

/** The same with its gradient: `dL/dhidden = softmax · W − W_label`, `[n, d]`, the loss being the sum. */
export function crossEntropy(runtime: Runtime, i: HeadInputs): { nll: tf.Tensor; dHidden: tf.Tensor } {
  const { max, exponential, total } = exponentials(runtime, i);
  const target = embed(runtime, i.head, i.labels); // [n, d]
  const nll = tf.sub(tf.reshape(tf.add(tf.log(total), max), [-1]), tf.sum(tf.mul(i.hidden, target), 1));
  // Dividing after the product touches [n, d] instead of [n, V].
  const expected = tf.div(runtime.matMul(exponential, i.head), total); // [n, d]
  return { nll, dHidden: tf.sub(expected, target) };
}
