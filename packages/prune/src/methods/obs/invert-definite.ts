import { cholesky } from '@grasp/fold';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The inverse `H⁻¹ = L⁻ᵀ L⁻¹` of a symmetric positive definite matrix `H = L Lᵀ [n, n]`, float32. Nearly all of it is matrix
 * products, which use all cores.
 *
 * @param whole sides up to this are factorized in float64, on one core.
 * @returns undefined if the matrix is not positive definite.
 */
export async function invertDefinite(matrix: tf.Tensor2D, whole = 256): Promise<tf.Tensor2D | undefined> {
  const factor = await inverseFactor(matrix, whole);
  if (!factor) return undefined;
  const inverse = tf.matMul<tf.Tensor2D>(factor, factor, true, false);
  factor.dispose();
  return inverse;
}

/**
 * `L⁻¹ [n, n]`. A large matrix is divided into `A [k, k]`, `B [n − k, k]` and `D`, whose factors follow from one another as in a
 * Cholesky decomposition by blocks, so that rounding is small beside `H` and not beside `H⁻¹`.
 */
async function inverseFactor(matrix: tf.Tensor2D, whole: number): Promise<tf.Tensor2D | undefined> {
  const n = matrix.shape[0];
  if (n <= whole) {
    const inverse = inverseFactorOf(Float64Array.from(await matrix.data<'float32'>()), n);
    return inverse && tf.tensor2d(inverse, [n, n]);
  }
  const k = Math.ceil(n / 2);
  const [a, b, d] = tf.tidy(() => [
    tf.slice(matrix, [0, 0], [k, k]),
    tf.slice(matrix, [k, 0], [n - k, k]),
    tf.slice(matrix, [k, k], [n - k, n - k]),
  ]) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  const made: tf.Tensor[] = [a, b, d];
  try {
    const upper = await inverseFactor(a, whole); // [k, k]
    if (!upper) return undefined;
    made.push(upper);
    const across = tf.matMul<tf.Tensor2D>(b, upper, false, true); // of L, not of its inverse: [n − k, k]
    made.push(across);
    const schur = tf.tidy(() => tf.sub<tf.Tensor2D>(d, tf.matMul(across, across, false, true)));
    made.push(schur);
    const lower = await inverseFactor(schur, whole); // [n − k, n − k]
    if (!lower) return undefined;
    made.push(lower);
    return tf.tidy(() => {
      const corner = tf.neg(tf.matMul(lower, tf.matMul(across, upper))); // [n − k, k]
      const top = tf.concat([upper, tf.zeros([k, n - k])], 1); // [k, n]
      return tf.concat([top, tf.concat([corner, lower], 1)], 0) as tf.Tensor2D;
    });
  } finally {
    tf.dispose(made);
  }
}

/** `L⁻¹` of a matrix, which it overwrites. */
function inverseFactorOf(matrix: Float64Array, n: number): Float32Array | undefined {
  if (!cholesky(matrix, n)) return undefined;
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = inverse.subarray(i * n, (i + 1) * n);
    row[i] = 1;
    for (let p = 0; p < i; p++) {
      const factor = matrix[i * n + p]!;
      for (let c = 0; c <= p; c++) row[c]! -= factor * inverse[p * n + c]!;
    }
    for (let c = 0; c <= i; c++) row[c]! /= matrix[i * (n + 1)]!;
  }
  return Float32Array.from(inverse);
}
