/**
 * Sums of weight times gradient over each row of unit-major matrices, so that no gradient outlives its own matrix.
 *
 * Dims: N tokens, R rows of a matrix, d its columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../runtime/runtime.js';

/** A matrix and the two factors of its gradient, `dL/dW = rowsᵀ · columns`. */
export interface WeightGradient {
  readonly weight: tf.Tensor; //  [R, d]
  readonly rows: tf.Tensor; //    [N, R]
  readonly columns: tf.Tensor; // [N, d]
}

/** `Σ_i w_ri · dL/dw_ri` of every row of all matrices, then `Σ_i |w_ri · dL/dw_ri|`: `[2 · ΣR]`. */
export function weightProducts(runtime: Runtime, gradients: readonly WeightGradient[]): tf.Tensor {
  const products = gradients.map(({ weight, rows, columns }) => {
    const wide = runtime.bfloat16?.is(weight) ? runtime.bfloat16.toFloat32(weight) : weight;
    return tf.mul(wide, runtime.matMul(rows, columns, true, false));
  });
  return tf.concat([
    ...products.map((product) => tf.sum(product, 1)),
    ...products.map((product) => tf.sum(tf.abs(product), 1)),
  ]);
}
