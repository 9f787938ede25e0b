import * as tf from '@tensorflow/tfjs-core';
import { factorCount, type MatrixSize, resizeFactors } from './low-rank.js';

/** The factors of one sublayer's corrections, laid out for the units that it computes, of which the kept ones come first. */
export class SublayerFactors {
  private tensor: tf.Tensor | undefined;

  /** @param sizesOf the sublayer's matrices when it has so many units. */
  constructor(
    private readonly sizesOf: (units: number) => readonly MatrixSize[],
    /** To the weights' dtype. */
    private readonly narrow: (factors: tf.Tensor) => tf.Tensor,
  ) {}

  /** One vector, see `low-rank.ts`; undefined without corrections. */
  get values(): tf.Tensor | undefined {
    return this.tensor;
  }

  /** How many factors so many kept units have, at rank 1. */
  countFor(kept: number): number {
    return factorCount(this.sizesOf(kept));
  }

  /** @param factors those of the kept units; none to be without corrections. */
  set(factors: Float32Array | undefined, kept: number, computed: number): void {
    this.tensor?.dispose();
    this.tensor =
      factors &&
      tf.keep(
        tf.tidy(() =>
          this.narrow(tf.tensor1d(resizeFactors(factors, this.sizesOf(kept), this.sizesOf(computed)))),
        ),
      );
  }

  /** The kept units' part of the computed units' gradients. */
  ofKept(gradients: Float32Array, kept: number, computed: number): Float32Array {
    return resizeFactors(gradients, this.sizesOf(computed), this.sizesOf(kept));
  }

  dispose(): void {
    this.tensor?.dispose();
  }
}
