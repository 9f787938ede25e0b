import * as tf from '@tensorflow/tfjs-core';

/** The axes whose entries are normalised together. */
type Axes = number | number[];

function inverseRms(x: tf.Tensor, epsilon: number, axes: Axes): tf.Tensor {
  return tf.rsqrt(tf.add(tf.mean(tf.square(x), axes, true), epsilon));
}

/** `x / rms(x) · weight` over the last axis, or over several axes together. */
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, epsilon: number, axes: Axes = -1): tf.Tensor {
  return tf.mul(tf.mul(x, inverseRms(x, epsilon, axes)), weight);
}

/** dL/dweight of `rmsNorm` for `dy`: `Σ_t dy_t · x_t / rms(x_t)`, `[d]` for `x` and `dy [N, d]`. */
export function rmsNormWeightGradient(x: tf.Tensor, epsilon: number, dy: tf.Tensor): tf.Tensor {
  return tf.sum(rmsNormWeightTerms(x, epsilon, dy), 0);
}

/** The terms of that sum, `[.., d]`, for a norm over several axes too. */
export function rmsNormWeightTerms(x: tf.Tensor, epsilon: number, dy: tf.Tensor, axes: Axes = -1): tf.Tensor {
  return tf.mul(dy, tf.mul(x, inverseRms(x, epsilon, axes)));
}

/**
 * dL/dx of `rmsNorm` for `dy`, the weight being frozen: with `r = 1 / rms(x)` and `u = dy · weight`,
 * `dx = r · u − x · r³ · mean(x · u)`.
 */
export function rmsNormGradient(
  x: tf.Tensor,
  weight: tf.Tensor,
  epsilon: number,
  dy: tf.Tensor,
  axes: Axes = -1,
): tf.Tensor {
  const r = inverseRms(x, epsilon, axes);
  const u = tf.mul(dy, weight);
  const projection = tf.mul(tf.mean(tf.mul(x, u), axes, true), tf.mul(r, tf.square(r)));
  return tf.sub(tf.mul(u, r), tf.mul(x, projection));
}
