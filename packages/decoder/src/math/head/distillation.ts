/**
 * The loss of a student: cross entropy against the next token, mixed with the Kullback–Leibler divergence from a teacher
 * that is known by its largest logits. The tokens that the teacher does not list count as one more token, "the rest":
 * their probabilities are added for both models (the student is free to divide its rest).
 *
 * With a share `a` of the teacher, `K` its listed tokens, `R` the rest and `ρ = q_R / p_R`:
 *
 * ```
 * L = a · (Σ_K q·(log q − log p) + q_R·(log q_R − log p_R)) − (1 − a) · log p_next
 * dL/dlogit_v = (1 − a·ρ)·p_v − [v ∈ K]·a·(q_v − ρ·p_v) − [v = next]·(1 − a)
 * ```
 *
 * Dims: n tokens, d hidden, V vocabulary, k listed tokens.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../../runtime/runtime.js';
import { softCap } from './head.js';

/** What a teacher predicts for each target: its `k` most likely tokens. */
export interface TeacherLogits {
  /** Token ids, `[N, k]`. */
  readonly ids: Int32Array;
  /** Their log-probabilities under the whole vocabulary, `[N, k]`. */
  readonly logProbabilities: Float32Array;
}

/** Least probability of the rest, below which its logarithm and `ρ` would be noise of the sums. */
const LEAST_REST = 1e-5;

export type DistillationInputs = {
  readonly hidden: tf.Tensor; //  [n, d] after the final norm
  readonly head: tf.Tensor; //    [V, d]
  readonly next: tf.Tensor; //    [n] place of the next token in the flattened logits: token · V + id
  readonly weight: tf.Tensor; //  [n, 1] of each token in the mean
  readonly listed?: tf.Tensor | undefined; //           [n · k] places of the teacher's tokens
  readonly logProbabilities?: tf.Tensor | undefined; // [n, k]
  readonly share?: tf.Tensor | undefined; //            scalar, the teacher's share of the loss
};

export type Distillation = {
  readonly nll: tf.Tensor; //     [n]
  readonly kl?: tf.Tensor | undefined; // [n]
  readonly dHidden: tf.Tensor; // [n, d] gradient of the weighted sum of the tokens' losses
  readonly dHead?: tf.Tensor | undefined; // [V, d]
};

/** @param withHead whether the head has a gradient too. */
export function distillation(
  runtime: Runtime,
  i: DistillationInputs,
  cap: number | undefined,
  withHead: boolean,
): Distillation {
  const plain = runtime.matMul(i.hidden, i.head, false, true); // [n, V]
  const capped = cap === undefined ? undefined : softCap(plain, cap);
  const logits = capped?.value ?? plain;
  const flat = tf.reshape(logits, [-1]);
  const max = tf.max(logits, 1, true); // [n, 1]
  const exponential = tf.exp(tf.sub(logits, max)); // [n, V]
  const total = tf.sum(exponential, 1, true); // [n, 1]
  const normalizer = tf.add(max, tf.log(total)); // [n, 1]
  const nll = tf.sub(tf.reshape(normalizer, [-1]), tf.gather(flat, i.next)); // [n]
  const taught = taughtTerms(i, flat, normalizer);
  const ofNext = taught ? tf.mul(i.weight, tf.sub(1, taught.share)) : i.weight; // [n, 1]
  const ofAll = tf.div(taught ? tf.mul(i.weight, taught.ofAll) : i.weight, total); // [n, 1]
  const indices = taught ? tf.concat([i.next, taught.listed]) : i.next;
  const parts = taught ? [ofNext, tf.mul(taught.ofListed, i.weight)] : [ofNext];
  const values = tf.concat(parts.map((part) => tf.reshape(part, [-1])));
  const sparse = tf.scatterND(tf.expandDims(indices, 1), values, [flat.shape[0]!]); // same tokens add up
  const dCapped = tf.sub(tf.mul(exponential, ofAll), tf.reshape(sparse, logits.shape));
  const dLogits = capped ? tf.mul(dCapped, capped.slope) : dCapped;
  return {
    nll,
    kl: taught?.kl,
    dHidden: runtime.matMul(dLogits, i.head),
    dHead: withHead ? headGradient(runtime, dLogits, i) : undefined,
  };
}

function headGradient(runtime: Runtime, dLogits: tf.Tensor, { hidden, head }: DistillationInputs): tf.Tensor {
  const half = runtime.bfloat16?.is(head) ? runtime.bfloat16.fromFloat32(hidden) : hidden;
  return runtime.matMul(dLogits, half, true, false);
}

/** The teacher's part of the loss and of the gradient; undefined without a teacher. */
function taughtTerms(
  { listed, logProbabilities: logQ, share }: DistillationInputs,
  flatLogits: tf.Tensor,
  normalizer: tf.Tensor,
) {
  if (!listed || !logQ || !share) return undefined;
  const logP = tf.sub(tf.reshape(tf.gather(flatLogits, listed), logQ.shape), normalizer); // [n, k]
  const [p, q] = [tf.exp(logP), tf.exp(logQ)];
  const rest = (x: tf.Tensor) => tf.maximum(tf.sub(1, tf.sum(x, 1, true)), LEAST_REST); // [n, 1]
  const [pRest, qRest] = [rest(p), rest(q)];
  const ratio = tf.div(qRest, pRest);
  const ofRest = tf.mul(qRest, tf.log(ratio));
  return {
    share,
    listed,
    kl: tf.add(tf.sum(tf.mul(q, tf.sub(logQ, logP)), 1), tf.reshape(ofRest, [-1])),
    ofAll: tf.sub(1, tf.mul(ratio, share)), // [n, 1]
    ofListed: tf.mul(tf.sub(q, tf.mul(ratio, p)), share), // [n, k]
  };
}

/** The `k` largest logits of each token, as log-probabilities: both `[n, k]`. */
export function topLogits(
  runtime: Runtime,
  { hidden, head }: { readonly hidden: tf.Tensor; readonly head: tf.Tensor },
  cap: number | undefined,
  k: number,
): { readonly ids: tf.Tensor; readonly logProbabilities: tf.Tensor } {
  const plain = runtime.matMul(hidden, head, false, true); // [n, V]
  const logits = cap === undefined ? plain : softCap(plain, cap).value;
  const { values, indices } = tf.topk(logits, k, false);
  return { ids: indices, logProbabilities: tf.sub(values, tf.logSumExp(logits, 1, true)) };
}
