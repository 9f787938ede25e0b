/**
 * The gradients of a sublayer's matrices and biases.
 *
 * Dims: N tokens, R rows of a matrix, d hidden.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors } from '../runtime/named-function.js';
import type { Runtime } from '../runtime/runtime.js';

/** A unit-major matrix with one factor of its gradient. */
export interface GradientTerm {
  /** The name of the weight, see `HeldWeight`. */
  readonly name: string;
  readonly weight: tf.Tensor; //             [R, d]
  readonly rows: tf.Tensor; //               [N, R]
  readonly bias?: tf.Tensor | undefined; //  present if there is one
}

/** What the gradients of a sublayer's weights are made of: `dL/dW = rowsᵀ · columns`. */
export interface GradientTerms {
  /** Matrices that read the normed stream; `rows` are the gradients of their products. */
  readonly inputs: readonly GradientTerm[];
  readonly normed: tf.Tensor; //  [N, d] their columns
  /** The output matrix; `rows` are its inputs. */
  readonly output: GradientTerm;
  readonly dOutput: tf.Tensor; // [N, d] its columns
}

/** Makes what a caller wants to know of the gradients of weights. */
export type OfWeights<W extends NamedTensors> = (runtime: Runtime, terms: GradientTerms) => W;

/** The gradients themselves, by name, float32. */
export function weightGradients(
  runtime: Runtime,
  { inputs, normed, output, dOutput }: GradientTerms,
): NamedTensors {
  const half = (x: tf.Tensor) => (runtime.bfloat16?.is(output.weight) ? runtime.bfloat16.fromFloat32(x) : x);
  const columns = half(normed);
  const gradients: Record<string, tf.Tensor> = {
    [output.name]: runtime.matMul(output.rows, half(dOutput), true, false),
  };
  for (const { name, rows, bias } of inputs) {
    gradients[name] = runtime.matMul(rows, columns, true, false);
    if (bias) gradients[`${name}Bias`] = tf.sum(rows, 0);
  }
  if (output.bias) gradients.outputBias = tf.sum(dOutput, 0);
  return gradients;
}
