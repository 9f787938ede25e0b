/**
 * The gated FFN sublayer, `y = x + (z · h) W_down` with `h = silu(gate) · up`, forward and backward.
 *
 * Channels come in two sets. The computed ones (`…C`) run in full. The pruned ones (`…P`, gate 0) contribute
 * nothing to `y`, so all they need is `h` itself, for the gradient of their gates (GRASPrune, section 3.2).
 *
 * Dims: N tokens, d hidden, C computed channels, P pruned channels. Weights are unit-major: one row per channel.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../runtime/runtime.js';
import { type Lora, loraGradient, type MatrixSize, splitLora, withLora } from './lora.js';
import { rmsNorm, rmsNormGradient, rmsNormWeightGradient } from './rms-norm.js';

/** Facts that all FFNs of a model share. */
export interface FeedForwardShape {
  readonly epsilon: number;
  /** Whether activations are saved for the backward pass in bfloat16; bfloat16 products round them to it anyway. */
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
  /** LoRA factors of the computed channels' matrices. */
  readonly lora?: tf.Tensor | undefined;
};

/** Saved for the backward pass. */
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
  readonly lora?: tf.Tensor | undefined;
};

function linear(runtime: Runtime, x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor {
  const y = runtime.matMul(x, weight, false, true);
  return bias ? tf.add(y, bias) : y;
}

/** An activation in the dtype in which it is saved. */
function toSave(runtime: Runtime, { savesHalf }: FeedForwardShape, x: tf.Tensor): tf.Tensor {
  return savesHalf && runtime.bfloat16 ? runtime.bfloat16.fromFloat32(x) : x;
}

/** A saved activation in float32. */
function saved(runtime: Runtime, { savesHalf }: FeedForwardShape, x: tf.Tensor): tf.Tensor {
  return savesHalf && runtime.bfloat16 ? runtime.bfloat16.toFloat32(x) : x;
}

/** `x + more`, or `x` if there is no more. */
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
  const [gate, up] = withLora(runtime, plain, b, lorasOf(i).slice(0, 2)) as [tf.Tensor, tf.Tensor]; // [N, C]
  return { gate, up, hidden: tf.mul(tf.mul(silu(gate), up), i.z) };
}

/** Sizes of an FFN's gate, up and down matrices, in the order of its LoRA factors. */
export function feedForwardMatrices(d: number, channels: number): MatrixSize[] {
  return [
    [d, channels],
    [d, channels],
    [channels, d],
  ];
}

/** LoRA of gate, up and down; empty if there is none. */
function lorasOf({ lora, gateC }: Pick<FeedForwardInputs, 'lora' | 'gateC'>): Lora[] {
  const [channels, d] = gateC.shape as [number, number];
  return lora ? splitLora(lora, feedForwardMatrices(d, channels)) : [];
}

export function feedForward(
  runtime: Runtime,
  shape: FeedForwardShape,
  i: FeedForwardInputs,
): FeedForwardSaved & { readonly y: tf.Tensor } {
  const b = rmsNorm(i.x, i.norm, shape.epsilon);
  const { gate, up, hidden } = gatedHidden(runtime, b, i);
  const plain = tf.add(i.x, runtime.matMul(hidden, i.downC));
  let y = withLora(runtime, [plain], hidden, lorasOf(i).slice(2))[0]!; // [N, d]
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
 * The gradients of the input, of the gates of both sets of channels (`dL/dz_j = Σ_t h_tj · (dy · W_downᵀ)_tj`), of the
 * LoRA factors if there are any, and of the norm's weight if `withNorm`.
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
  readonly dLora?: tf.Tensor;
} {
  const { epsilon } = shape;
  const [ofGate, ofUp, ofDown] = lorasOf(i);
  const gate = saved(runtime, shape, i.gate); // [N, C]
  const sigmoid = tf.sigmoid(gate);
  const activated = tf.mul(gate, sigmoid);
  const up = saved(runtime, shape, i.up); // [N, C]
  const hidden = () => tf.mul(tf.mul(activated, up), i.z);
  const byDown = ofDown && loraGradient(runtime, hidden(), [ofDown], [i.dy]);
  const dh = plus(runtime.matMul(i.dy, i.downC, false, true), byDown?.dx); // [N, C]
  const dhUp = tf.mul(dh, up);
  const dzC = tf.sum(tf.mul(dhUp, activated), 0); // [C]
  const dUp = tf.mul(tf.mul(dh, activated), i.z);
  // silu'(x) = σ + x·σ·(1 − σ)
  const slope = tf.add(sigmoid, tf.mul(activated, tf.sub(1, sigmoid)));
  const dGate = tf.mul(tf.mul(dhUp, slope), i.z);
  const b = () => rmsNorm(i.x, i.norm, epsilon);
  const byGateUp = ofGate && ofUp && loraGradient(runtime, b(), [ofGate, ofUp], [dGate, dUp]);
  const products = [runtime.matMul(dGate, i.gateC), runtime.matMul(dUp, i.upC)];
  const db = tf.addN(byGateUp ? [...products, byGateUp.dx] : products); // [N, d]
  const dx = tf.add(i.dy, rmsNormGradient(i.x, i.norm, epsilon, db));
  const dNorm = withNorm ? { dNorm: rmsNormWeightGradient(i.x, epsilon, db) } : {};
  const dLora = byGateUp && byDown ? { dLora: tf.concat([byGateUp.dLora, byDown.dLora]) } : {};
  if (!i.hiddenP || !i.downP) return { dx, dzC, ...dNorm, ...dLora };
  const hiddenP = saved(runtime, shape, i.hiddenP);
  const dzP = tf.sum(tf.mul(hiddenP, runtime.matMul(i.dy, i.downP, false, true)), 0); // [P]
  return { dx, dzC, dzP, ...dNorm, ...dLora };
}
