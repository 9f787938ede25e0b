import type * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from './runtime.js';

/** How a layer holds what it multiplies and what waits for the backward pass: float32, or bfloat16 as its weights. */
export interface Precision {
  readonly half: boolean;
}

/** A float32 tensor as the layer holds it. */
export function narrow(runtime: Runtime, { half }: Precision, x: tf.Tensor): tf.Tensor {
  return half && runtime.bfloat16 ? runtime.bfloat16.fromFloat32(x) : x;
}

/** The same once arithmetic needs it, float32. */
export function widen(runtime: Runtime, { half }: Precision, x: tf.Tensor): tf.Tensor {
  return half && runtime.bfloat16 ? runtime.bfloat16.toFloat32(x) : x;
}
