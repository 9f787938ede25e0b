/**
 * The gated FFN sublayer, `y = x + (z · h) W_down` with `h = silu(gate) · up`, forward and backward.
 *
 * Channels come in two sets. The computed ones (`…C`) run in full. The pruned ones (`…P`, gate 0) contribute
 * nothing to `y`, so all they need is `h` itself, for the gradient of their gates (GRASPrune, section 3.2).
 *
 * Dims: N tokens, d hidden, C computed channels, P pruned channels. Weights are unit-major: one row per channel.
 */
import * as tf from '@tensorflow/tfjs-core';
import { feedForwardMatrices } from '../recovery/lora-parameters.js';
import { corrected, correctionGradient, splitFactors } from './lora.js';
import { rmsNorm, rmsNormGradient, rmsNormWeightGradient } from './rms-norm.js';
import type { Runtime } from '../runtime/runtime.js';

/** What is the same for every FFN of a model. */
export interface FeedForwardShape {
  readonly epsilon: number;
  /** Whether activations wait for the backward pass in bfloat16, as bfloat16 products leave them anyway. */
  readonly savesHalf: boolean;
}

export type FeedForwardInputs = {
  readonly x: tf.Tensor; //          [N, d]
  readonly norm: tf.Tensor; //       [d]
  readonly gateC: tf.Tensor; //      [C, d]
  readonly upC: tf.Tensor; //        [C, d]
  readonly downC: tf.Tensor; //      [C, d]
  readonly z: tf.Tensor; //          [C]
  readonly gateBiasC?: tf.Tensor | undefined; // [C]
  readonly upBiasC?: tf.Tensor | undefined; //   [C]
  readonly downBias?: tf.Tensor | undefined; //  [d]
  readonly gateP?: tf.Tensor | undefined; //     [P, d]
  readonly upP?: tf.Tensor | undefined; //       [P, d]
  readonly gateBiasP?: tf.Tensor | undefined; // [P]
  readonly upBiasP?: tf.Tensor | undefined; //   [P]
  /** Of corrections to the computed channels' matrices, see `low-rank.ts`. */
  readonly factors?: tf.Tensor | undefined;
};

/** What the backward pass needs again. */
export type FeedForwardSaved = {
  readonly gate: tf.Tensor; //   [N, C] before silu
  readonly up: tf.Tensor; //     [N, C]
  readonly hiddenP?: tf.Tensor | undefined; // [N, P]
};

export type FeedForwardGradientInputs = FeedForwardSaved & {
  readonly dy: tf.Tensor; //     [N, d]
  readonly x: tf.Tensor; //      [N, d]
  readonly norm: tf.Tensor; //   [d]
  readonly gateC: tf.Tensor;
  readonly upC: tf.Tensor;
  readonly downC: tf.Tensor;
  readonly z: tf.Tensor;
  readonly downP?: tf.Tensor | undefined; // [P, d]
  readonly factors?: tf.Tensor | undefined;
};

function linear(runtime: Runtime, x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor {
  const y = runtime.matMul(x, weight, false, true);
  return bias ? tf.add(y, bias) : y;
}

/** An activation as it waits for the backward pass. */
function toSave(runtime: Runtime, { savesHalf }: FeedForwardShape, x: tf.Tensor): tf.Tensor {
  return savesHalf && runtime.bfloat16 ? runtime.bfloat16.fromFloat32(x) : x;
}

/** The same once it is needed, float32. */
function saved(runtime: Runtime, { savesHalf }: FeedForwardShape, x: tf.Tensor): tf.Tensor {
  return savesHalf && runtime.bfloat16 ? runtime.bfloat16.toFloat32(x) : x;
}

/** A sum of which the second part may be missing. */
function plus(x: tf.Tensor, more: tf.Tensor | undefined): tf.Tensor {
  return more ? tf.add(x, more) : x;
}

function silu(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.sigmoid(x));
}

/** The computed channels' hidden vector, `z · silu(gate) · up`, for normed tokens `b [N, d]`. */
export function gatedHidden(
  runtime: Runtime,
  b: tf.Tensor,
  i: FeedForwardInputs,
): { readonly gate: tf.Tensor; readonly up: tf.Tensor; readonly hidden: tf.Tensor } {
  const plain = [linear(runtime, b, i.gateC, i.gateBiasC), linear(runtime, b, i.upC, i.upBiasC)];
  const [gate, up] = corrected(runtime, plain, b, corrections(i).slice(0, 2)) as [tf.Tensor, tf.Tensor]; // [N, C]
  return { gate, up, hidden: tf.mul(tf.mul(silu(gate), up), i.z) };
}

/** Corrections of gate, up and down, where there are any. */
function corrections({ factors, gateC }: Pick<FeedForwardInputs, 'factors' | 'gateC'>) {
  const [channels, d] = gateC.shape as [number, number];
  return factors ? splitFactors(factors, feedForwardMatrices(d, channels)) : [];
}

export function feedForward(
  runtime: Runtime,
  shape: FeedForwardShape,
  i: FeedForwardInputs,
): FeedForwardSaved & { readonly y: tf.Tensor } {
  const b = rmsNorm(i.x, i.norm, shape.epsilon);
  const { gate, up, hidden } = gatedHidden(runtime, b, i);
  const plain = tf.add(i.x, runtime.matMul(hidden, i.downC));
  let y = corrected(runtime, [plain], hidden, corrections(i).slice(2))[0]!; // [N, d]
  if (i.downBias) y = tf.add(y, i.downBias);
  const kept = { gate: toSave(runtime, shape, gate), up: toSave(runtime, shape, up) };
  if (!i.gateP || !i.upP) return { y, ...kept };
  const hiddenP = tf.mul(
    silu(linear(runtime, b, i.gateP, i.gateBiasP)),
    linear(runtime, b, i.upP, i.upBiasP),
  ); // [N, P]
  return { y, ...kept, hiddenP: toSave(runtime, shape, hiddenP) };
}

/**
 * `dx`, the gates' gradients `dL/dz_j = Σ_t h_tj · (dy · W_downᵀ)_tj` of both sets of channels, where asked for that of
 * the norm's weight, and where there are corrections those of their factors.
 */
export function feedForwardGradient(
  runtime: Runtime,
  shape: FeedForwardShape,
  i: FeedForwardGradientInputs,
  withNorm: boolean,
): {
  readonly dx: tf.Tensor;
  readonly dzC: tf.Tensor;
  readonly dzP?: tf.Tensor;
  readonly dNorm?: tf.Tensor;
  readonly dFactors?: tf.Tensor;
} {
  const { epsilon } = shape;
  const [ofGate, ofUp, ofDown] = corrections(i);
  const gate = saved(runtime, shape, i.gate); // [N, C]
  const sigmoid = tf.sigmoid(gate);
  const activated = tf.mul(gate, sigmoid);
  const up = saved(runtime, shape, i.up); // [N, C]
  const hidden = () => tf.mul(tf.mul(activated, up), i.z);
  const byDown = ofDown && correctionGradient(runtime, hidden(), [ofDown], [i.dy]);
  const dh = plus(runtime.matMul(i.dy, i.downC, false, true), byDown?.dx); // [N, C]
  const dhUp = tf.mul(dh, up);
  const dzC = tf.sum(tf.mul(dhUp, activated), 0); // [C]
  const dUp = tf.mul(tf.mul(dh, activated), i.z);
  // silu'(x) = σ + x·σ·(1 − σ)
  const slope = tf.add(sigmoid, tf.mul(activated, tf.sub(1, sigmoid)));
  const dGate = tf.mul(tf.mul(dhUp, slope), i.z);
  const b = () => rmsNorm(i.x, i.norm, epsilon);
  const byGateUp = ofGate && ofUp && correctionGradient(runtime, b(), [ofGate, ofUp], [dGate, dUp]);
  const products = [runtime.matMul(dGate, i.gateC), runtime.matMul(dUp, i.upC)];
  const db = tf.addN(byGateUp ? [...products, byGateUp.dx] : products); // [N, d]
  const dx = tf.add(i.dy, rmsNormGradient(i.x, i.norm, epsilon, db));
  const dNorm = withNorm ? { dNorm: rmsNormWeightGradient(i.x, epsilon, db) } : {};
  const dFactors = byGateUp && byDown ? { dFactors: tf.concat([byGateUp.dFactors, byDown.dFactors]) } : {};
  if (!i.hiddenP || !i.downP) return { dx, dzC, ...dNorm, ...dFactors };
  const hiddenP = saved(runtime, shape, i.hiddenP);
  const dzP = tf.sum(tf.mul(hiddenP, runtime.matMul(i.dy, i.downP, false, true)), 0); // [P]
  return { dx, dzC, dzP, ...dNorm, ...dFactors };
}
