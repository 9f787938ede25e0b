import * as tf from '@tensorflow/tfjs-core';

function inverseRms(x: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
}

/** `x / rms(x) · weight` over the last axis. */
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, epsilon: number): tf.Tensor {
  return tf.mul(tf.mul(x, inverseRms(x, epsilon)), weight);
}

/** dL/dweight of `rmsNorm` for `dy`: `Σ_t dy_t · x_t / rms(x_t)`, `[d]` for `x` and `dy [N, d]`. */
export function rmsNormWeightGradient(x: tf.Tensor, epsilon: number, dy: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(dy, tf.mul(x, inverseRms(x, epsilon))), 0);
}

/**
 * dL/dx of `rmsNorm` for `dy`, the weight being frozen: with `r = 1 / rms(x)` and `u = dy · weight`,
 * `dx = r · u − x · r³ · mean(x · u)`.
 */
export function rmsNormGradient(x: tf.Tensor, weight: tf.Tensor, epsilon: number, dy: tf.Tensor): tf.Tensor {
  const r = inverseRms(x, epsilon);
  const u = tf.mul(dy, weight);
  const projection = tf.mul(tf.mean(tf.mul(x, u), -1, true), tf.mul(r, tf.square(r)));
  return tf.sub(tf.mul(u, r), tf.mul(x, projection));
}
