/** Dims: N tokens, d inputs, m outputs. */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../runtime/runtime.js';

/** `x Wᵀ + b`, for `x [N, d]` and `W [m, d]`: `[N, m]`. */
export function linear(
  runtime: Runtime,
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
): tf.Tensor {
  const y = runtime.matMul(x, weight, false, true); // [N, m]
  return bias ? tf.add(y, bias) : y;
}
