/**
 * The gated FFN sublayer, `y = x + (z · h) W_down` with `h = act(gate) · up`, or `h = act(up)` in an FFN without a gate
 * matrix, forward and backward.
 *
 * Channels come in two sets. The computed ones (`…C`) run in full. The pruned ones (`…P`, gate 0) contribute
 * nothing to `y`, so all they need is `h` itself, for the gradient of their gates (GRASPrune, section 3.2).
 *
 * Dims: N tokens, d hidden, C computed channels, P pruned channels. Weights are unit-major: one row per channel.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors } from '../runtime/named-function.js';
import type { Runtime } from '../runtime/runtime.js';
import { type Activation, activate, activateWithSlope } from './activation.js';
import { linear } from './linear.js';
import { type Lora, loraGradient, type MatrixSize, splitLora, withLora } from './lora.js';
import {
  inputGradient,
  normedInput,
  normGradients,
  outputGradient,
  type ResidualNorms,
  type ResidualShape,
  residualOutput,
} from './residual.js';
import { type SavedDType, saved, toSave } from './saved-activation.js';
import type { OfWeights } from './weight-gradients.js';

/** Facts that all FFNs of a model share. */
export interface FeedForwardShape extends ResidualShape, SavedDType {
  readonly activation: Activation;
}

export type FeedForwardInputs = ResidualNorms & {
  readonly x: tf.Tensor; //          [N, d]
  readonly gateC?: tf.Tensor | undefined; //     [C, d]
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
  readonly gate?: tf.Tensor | undefined; //    [N, C] before the activation
  readonly up: tf.Tensor; //                   [N, C]
  readonly hiddenP?: tf.Tensor | undefined; // [N, P]
  readonly output?: tf.Tensor | undefined; //  [N, d] before the post norm
};

export type FeedForwardGradientInputs = FeedForwardSaved &
  ResidualNorms & {
    readonly dy: tf.Tensor; //     [N, d]
    readonly x: tf.Tensor; //      [N, d]
    readonly gateC?: tf.Tensor | undefined;
    readonly upC: tf.Tensor;
    readonly downC: tf.Tensor;
    readonly z: tf.Tensor;
    readonly downP?: tf.Tensor | undefined; // [P, d]
    readonly gateBiasC?: tf.Tensor | undefined;
    readonly upBiasC?: tf.Tensor | undefined;
    readonly downBias?: tf.Tensor | undefined;
    readonly lora?: tf.Tensor | undefined;
  };

/** `x + more`, or `x` if there is no more. */
function plus(x: tf.Tensor, more: tf.Tensor | undefined): tf.Tensor {
  return more ? tf.add(x, more) : x;
}

/** The computed channels' hidden vector, `z · act(gate) · up` or `z · act(up)`, for normed tokens `b [N, d]`. */
export function gatedHidden(
  runtime: Runtime,
  { activation }: FeedForwardShape,
  b: tf.Tensor,
  i: FeedForwardInputs,
): { readonly gate?: tf.Tensor | undefined; readonly up: tf.Tensor; readonly hidden: tf.Tensor } {
  const up = linear(runtime, b, i.upC, i.upBiasC); // [N, C]
  const loras = lorasOf(i).slice(0, -1);
  if (!i.gateC) {
    const whole = withLora(runtime, [up], b, loras)[0]!;
    return { up: whole, hidden: tf.mul(activate(activation, whole), i.z) };
  }
  const plain = [linear(runtime, b, i.gateC, i.gateBiasC), up];
  const [gate, wholeUp] = withLora(runtime, plain, b, loras) as [tf.Tensor, tf.Tensor];
  return { gate, up: wholeUp, hidden: tf.mul(tf.mul(activate(activation, gate), wholeUp), i.z) };
}

/** Sizes of an FFN's gate (if it has one), up and down matrices, in the order of its LoRA factors. */
export function feedForwardMatrices(d: number, channels: number, gated: boolean): MatrixSize[] {
  return [...(gated ? [[d, channels] as const] : []), [d, channels], [channels, d]];
}

/** LoRA of gate, up and down; empty if there is none. */
function lorasOf({ lora, gateC, upC }: Pick<FeedForwardInputs, 'lora' | 'gateC' | 'upC'>): Lora[] {
  const [channels, d] = upC.shape as [number, number];
  return lora ? splitLora(lora, feedForwardMatrices(d, channels, gateC !== undefined)) : [];
}

export function feedForward(
  runtime: Runtime,
  shape: FeedForwardShape,
  i: FeedForwardInputs,
): FeedForwardSaved & { readonly y: tf.Tensor } {
  const { activation } = shape;
  const b = normedInput(shape, i.x, i);
  const { gate, up, hidden } = gatedHidden(runtime, shape, b, i);
  const ends = { x: i.x, inner: hidden, matrix: i.downC, bias: i.downBias, postNorm: i.postNorm };
  const { y, output } = residualOutput(runtime, shape, ends, lorasOf(i).slice(-1));
  const kept = {
    gate: gate && toSave(runtime, shape, gate),
    up: toSave(runtime, shape, up),
    output: output && toSave(runtime, shape, output),
  };
  if (!i.upP) return { y, ...kept };
  const upP = linear(runtime, b, i.upP, i.upBiasP);
  const hiddenP = i.gateP
    ? tf.mul(activate(activation, linear(runtime, b, i.gateP, i.gateBiasP)), upP)
    : activate(activation, upP); // [N, P]
  return { y, ...kept, hiddenP: toSave(runtime, shape, hiddenP) };
}

/**
 * The gradients of the input, of the gates of both sets of channels (`dL/dz_j = Σ_t h_tj · (dOutput · W_downᵀ)_tj`), of
 * the LoRA factors if there are any, and what is wanted: the gradients of the norms' weights; what `weights` makes of
 * those of the matrices.
 */
export function feedForwardGradient<W extends NamedTensors>(
  runtime: Runtime,
  shape: FeedForwardShape,
  i: FeedForwardGradientInputs,
  wanted: { readonly norm: boolean; readonly weights?: OfWeights<W> },
): Partial<W> & {
  readonly dx: tf.Tensor;
  readonly dzC: tf.Tensor;
  readonly dzP?: tf.Tensor;
  readonly dNorm?: tf.Tensor;
  readonly dPostNorm?: tf.Tensor;
  readonly dLora?: tf.Tensor;
} {
  const loras = lorasOf(i);
  const ofDown = loras.at(-1);
  const output = i.output && saved(runtime, shape, i.output); // [N, d]
  const dOutput = outputGradient(shape, i.dy, output, i); // [N, d]
  const up = saved(runtime, shape, i.up); // [N, C]
  const gate = i.gate && saved(runtime, shape, i.gate); // [N, C]
  const { value: activated, slope } = activateWithSlope(shape.activation, gate ?? up);
  const unscaled = () => (gate ? tf.mul(activated, up) : activated);
  const byDown = ofDown && loraGradient(runtime, tf.mul(unscaled(), i.z), [ofDown], [dOutput]);
  const dh = plus(runtime.matMul(dOutput, i.downC, false, true), byDown?.dx); // [N, C]
  const dhUp = gate ? tf.mul(dh, up) : dh;
  const dzC = tf.sum(tf.mul(dhUp, activated), 0); // [C]
  const ofActivation = tf.mul(tf.mul(dhUp, slope), i.z);
  // The rows that come first are those of the gate matrix, if there is one.
  const rows = gate ? [ofActivation, tf.mul(tf.mul(dh, activated), i.z)] : [ofActivation];
  const matrices = gate ? [i.gateC!, i.upC] : [i.upC];
  const byInputs = byDown && loraGradient(runtime, normedInput(shape, i.x, i), loras.slice(0, -1), rows);
  const products = rows.map((row, at) => runtime.matMul(row, matrices[at]!));
  const db = tf.addN(byInputs ? [...products, byInputs.dx] : products); // [N, d]
  const terms = () => {
    const [ofFirst, ofSecond] = gate ? (['gate', 'up'] as const) : (['up'] as const);
    const first = {
      name: ofFirst,
      weight: matrices[0]!,
      rows: rows[0]!,
      bias: gate ? i.gateBiasC : i.upBiasC,
    };
    const second = ofSecond && { name: ofSecond, weight: i.upC, rows: rows[1]!, bias: i.upBiasC };
    return {
      inputs: second ? [first, second] : [first],
      normed: normedInput(shape, i.x, i),
      output: { name: 'down', weight: i.downC, rows: tf.mul(unscaled(), i.z), bias: i.downBias },
      dOutput,
    };
  };
  const gradients = {
    dx: inputGradient(shape, i, db),
    dzC,
    ...(wanted.norm ? normGradients(shape, { ...i, output }, db) : {}),
    ...((wanted.weights?.(runtime, terms()) ?? {}) as Partial<W>),
    ...(byInputs && byDown ? { dLora: tf.concat([byInputs.dLora, byDown.dLora]) } : {}),
  };
  if (!i.hiddenP || !i.downP) return gradients;
  const hiddenP = saved(runtime, shape, i.hiddenP);
  const dzP = tf.sum(tf.mul(hiddenP, runtime.matMul(dOutput, i.downP, false, true)), 0); // [P]
  return { ...gradients, dzP };
}
