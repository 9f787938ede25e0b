/**
 * The ends of a residual sublayer: `y = x + scale · post(f(pre(x)))`, where `f` ends with an output matrix. Either norm
 * may be missing.
 *
 * Dims: N tokens, d hidden, n inputs of the output matrix.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../runtime/runtime.js';
import { type Lora, withLora } from './lora.js';
import { rmsNorm, rmsNormGradient, rmsNormWeightGradient } from './rms-norm.js';

/** Facts that all sublayers of a model share. */
export interface ResidualShape {
  readonly epsilon: number;
  readonly residualScale: number;
}

/** The norms of a sublayer, times their scales. */
export type ResidualNorms = {
  readonly norm?: tf.Tensor | undefined; //     [d] on the input
  readonly postNorm?: tf.Tensor | undefined; // [d] on the output
};

/** The input of a sublayer's first matrices, `[N, d]`. */
export function normedInput({ epsilon }: ResidualShape, x: tf.Tensor, { norm }: ResidualNorms): tf.Tensor {
  return norm ? rmsNorm(x, norm, epsilon) : x;
}

export type OutputInputs = ResidualNorms & {
  readonly x: tf.Tensor; //                  [N, d]
  readonly inner: tf.Tensor; //              [N, n]
  readonly matrix: tf.Tensor; //             [n, d]
  readonly bias?: tf.Tensor | undefined; //  [d]
};

/**
 * The sublayer's result, from the inputs of its output matrix.
 *
 * @returns `y [N, d]`; `output [N, d]` before the post norm, which its gradient needs, if there is such a norm.
 */
export function residualOutput(
  runtime: Runtime,
  { epsilon, residualScale }: ResidualShape,
  { x, inner, matrix, bias, postNorm }: OutputInputs,
  loras: readonly Lora[],
): { readonly y: tf.Tensor; readonly output: tf.Tensor | undefined } {
  const plain = postNorm === undefined && residualScale === 1;
  const product = runtime.matMul(inner, matrix); // [N, d]
  const sum = withLora(runtime, [plain ? tf.add(x, product) : product], inner, loras)[0]!;
  const output = bias ? tf.add(sum, bias) : sum;
  if (plain) return { y: output, output: undefined };
  const normed = postNorm ? rmsNorm(output, postNorm, epsilon) : output;
  const y = tf.add(x, residualScale === 1 ? normed : tf.mul(normed, residualScale));
  return { y, output: postNorm ? output : undefined };
}

/**
 * The gradient of the output matrix's product, `[N, d]`, for `dy`.
 *
 * @param output what {@link residualOutput} returned.
 */
export function outputGradient(
  { epsilon, residualScale }: ResidualShape,
  dy: tf.Tensor,
  output: tf.Tensor | undefined,
  { postNorm }: ResidualNorms,
): tf.Tensor {
  const dNormed = residualScale === 1 ? dy : tf.mul(dy, residualScale);
  return postNorm && output ? rmsNormGradient(output, postNorm, epsilon, dNormed) : dNormed;
}

/** The gradients of both norms' weights, `[d]` each: of the input's norm for `da`, of the output's for `dy`. */
export function normGradients(
  { epsilon, residualScale }: ResidualShape,
  i: ResidualNorms & {
    readonly x: tf.Tensor;
    readonly dy: tf.Tensor;
    readonly output?: tf.Tensor | undefined;
  },
  da: tf.Tensor,
): { readonly dNorm?: tf.Tensor; readonly dPostNorm?: tf.Tensor } {
  const dNormed = () => (residualScale === 1 ? i.dy : tf.mul(i.dy, residualScale));
  return {
    ...(i.norm ? { dNorm: rmsNormWeightGradient(i.x, epsilon, da) } : {}),
    ...(i.postNorm && i.output ? { dPostNorm: rmsNormWeightGradient(i.output, epsilon, dNormed()) } : {}),
  };
}

/** The gradient of the sublayer's input, `[N, d]`: by the residual, and by the input `a = pre(x)` of its matrices. */
export function inputGradient(
  { epsilon }: ResidualShape,
  { x, dy, norm }: ResidualNorms & { readonly x: tf.Tensor; readonly dy: tf.Tensor },
  da: tf.Tensor,
): tf.Tensor {
  return tf.add(dy, norm ? rmsNormGradient(x, norm, epsilon, da) : da);
}
