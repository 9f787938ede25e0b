import * as tf from '@tensorflow/tfjs-core';
import { DecoderInputError } from './errors.js';
import { readerOf } from './math/vector-parts.js';

/**
 * The weight of an RMSNorm with a gain on each of its entries, 1 until set. A gain folds into the weight, so it can
 * be tuned like the scale of a unit.
 */
export class GainedNorm {
  private gained: tf.Tensor | undefined;

  /** @param dense the checkpoint's weight, `[d]`; owned from here on. */
  constructor(private readonly dense: tf.Tensor) {}

  /** The weight to compute with, `[d]`. */
  get weight(): tf.Tensor {
    return this.gained ?? this.dense;
  }

  /** Sets the gains, `[d]`; none is 1 everywhere. */
  set(gains: Float32Array | undefined): void {
    this.gained?.dispose();
    this.gained = gains && tf.keep(tf.tidy(() => tf.mul(this.dense, tf.tensor1d(gains))));
  }

  /** dL/dgain for dL/dweight, `[d]` both. */
  gainGradient(dWeight: tf.Tensor): tf.Tensor {
    return tf.mul(dWeight, this.dense);
  }

  dispose(): void {
    this.gained?.dispose();
    this.dense.dispose();
  }
}

/**
 * Gives each norm its gains, `[d]` one after another; none is 1 everywhere.
 *
 * @throws DecoderInputError where there are more or fewer than entries.
 */
export function setGains(norms: readonly GainedNorm[], gains: Float32Array | undefined, d: number): void {
  if (gains && gains.length !== norms.length * d) {
    throw new DecoderInputError(
      `Gains: the model's norms have ${norms.length * d} entries, ${gains.length} gains were given.`,
    );
  }
  const next = gains && readerOf(gains);
  for (const norm of norms) norm.set(next?.(d));
}
