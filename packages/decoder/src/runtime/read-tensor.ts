import type * as tf from '@tensorflow/tfjs-core';

/** Reads a tensor and disposes of it, also if reading fails: a worker that holds it may be lost. */
export async function readTensor(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    return await tensor.data<'float32'>();
  } finally {
    tensor.dispose();
  }
}
