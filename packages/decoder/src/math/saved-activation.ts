/** How an activation is held between the forward and the backward pass. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../runtime/runtime.js';

export interface SavedDType {
  /** Whether inner activations are saved in bfloat16; bfloat16 products round them, or what is made of them, to it anyway. */
  readonly savesHalf: boolean;
}

/** An activation in the dtype in which it is saved. */
export function toSave(runtime: Runtime, { savesHalf }: SavedDType, x: tf.Tensor): tf.Tensor {
  return savesHalf && runtime.bfloat16 ? runtime.bfloat16.fromFloat32(x) : x;
}

/** A saved activation in float32. */
export function saved(runtime: Runtime, { savesHalf }: SavedDType, x: tf.Tensor): tf.Tensor {
  return savesHalf && runtime.bfloat16 ? runtime.bfloat16.toFloat32(x) : x;
}
