/**
 * Sums of weight times gradient over each row of unit-major matrices, so that no gradient outlives its own matrix.
 *
 * Dims: N tokens, R rows of a matrix, d its columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../runtime/runtime.js';
import type { GradientTerms } from './weight-gradients.js';

/** `Σ_i w_ri · dL/dw_ri` of every row of all matrices, then `Σ_i |w_ri · dL/dw_ri|`: `[2 · ΣR]`. */
export function weightProducts(
  runtime: Runtime,
  { inputs, normed, output, dOutput }: GradientTerms,
): { readonly dWeights: tf.Tensor } {
  const factors = [...inputs.map((term) => ({ ...term, columns: normed })), { ...output, columns: dOutput }];
  const products = factors.map(({ weight, rows, columns }) => {
    const wide = runtime.bfloat16?.is(weight) ? runtime.bfloat16.toFloat32(weight) : weight;
    return tf.mul(wide, runtime.matMul(rows, columns, true, false));
  });
  const dWeights = tf.concat([
    ...products.map((product) => tf.sum(product, 1)),
    ...products.map((product) => tf.sum(tf.abs(product), 1)),
  ]);
  return { dWeights };
}
