import * as tf from '@tensorflow/tfjs-core';
import { namedFunction } from '../runtime/named-function.js';
import type { Runtime } from '../runtime/runtime.js';

/** Settings of AdamW (Loshchilov and Hutter, arXiv 1711.05101). */
export interface AdamWSettings {
  /** Decay of the two moments. */
  readonly betas: readonly [number, number];
  /** Added to the root of the second moment. */
  readonly epsilon: number;
  /** Decoupled weight decay, of matrices only. */
  readonly weightDecay: number;
}

export type UpdateInputs = {
  readonly weight: tf.Tensor; //   float32, any shape, as the following
  readonly gradient: tf.Tensor;
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
  readonly clip: tf.Tensor; //     scalar factor on the gradient
  readonly rate: tf.Tensor; //     scalar, learning rate over the first moment's bias correction
  readonly root: tf.Tensor; //     scalar, root of the second moment's bias correction
  readonly keep: tf.Tensor; //     scalar, 1 − learning rate · weight decay
};

/** One update as a recorded function, for weights of all sizes: the new weight and moments. */
export function adamWUpdate(runtime: Runtime, { betas: [beta1, beta2], epsilon }: AdamWSettings) {
  const body = ({ weight, gradient, first, second, clip, rate, root, keep }: UpdateInputs) => {
    const clipped = tf.mul(gradient, clip);
    const newFirst = tf.add(first, tf.mul(tf.sub(clipped, first), 1 - beta1));
    const newSecond = tf.add(tf.mul(second, beta2), tf.mul(tf.square(clipped), 1 - beta2));
    const denominator = tf.add(tf.div(tf.sqrt(newSecond), root), epsilon);
    const change = tf.div(tf.mul(newFirst, rate), denominator);
    return { weight: tf.sub(tf.mul(weight, keep), change), first: newFirst, second: newSecond };
  };
  return namedFunction(runtime, 'adamw', body, () => ({ anySizes: true }));
}

/** The scalars of an update. The caller disposes of them. */
export function updateScalars(
  { betas: [beta1, beta2] }: AdamWSettings,
  step: number,
  rate: number,
  decay: number,
) {
  return {
    rate: tf.scalar(rate / (1 - beta1 ** step)),
    root: tf.scalar(Math.sqrt(1 - beta2 ** step)),
    keep: tf.scalar(1 - rate * decay),
  };
}
