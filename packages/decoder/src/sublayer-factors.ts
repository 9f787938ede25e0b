import type { UnitBlock } from '@grasp/budget';
import * as tf from '@tensorflow/tfjs-core';
import { DecoderInputError } from './errors.js';
import { factorCount, type MatrixSize, resizeFactors } from './low-rank.js';
import type { Sublayer } from './sublayer.js';
import { joined, readerOf } from './vector-parts.js';

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

type Corrected = Pick<Sublayer, 'block' | 'factors' | 'arrangement'>;

/**
 * Gives each sublayer its part of the factors, once its gates are set.
 *
 * @throws DecoderInputError where they do not come to a whole rank.
 */
export function setFactors(
  sublayers: readonly Corrected[],
  gates: Float32Array,
  factors: Float32Array | undefined,
): void {
  const kept = sublayers.map(({ block }) => keptIn(block, gates));
  const counts = sublayers.map((sublayer, i) => sublayer.factors.countFor(kept[i]!));
  const count = counts.reduce((sum, own) => sum + own, 0);
  const rank = factors ? factors.length / count : 0;
  if (!Number.isInteger(rank)) {
    throw new DecoderInputError(
      `Factors: the kept units have ${count} at rank 1, ${factors!.length} were given.`,
    );
  }
  const next = factors && readerOf(factors);
  sublayers.forEach((sublayer, i) => {
    sublayer.factors.set(next?.(rank * counts[i]!), kept[i]!, sublayer.arrangement.computed);
  });
}

/** Gradients of the kept units' factors, out of those of the computed units, sublayer by sublayer. */
export function factorsOfKept(
  sublayers: readonly Corrected[],
  gates: Float32Array,
  gradients: Float32Array,
): Float32Array {
  const next = readerOf(gradients);
  return joined(
    sublayers.map(({ block, factors, arrangement }) =>
      factors.ofKept(next(factors.values!.size), keptIn(block, gates), arrangement.computed),
    ),
  );
}

/** Units of a block whose gate is not 0. */
function keptIn({ start, count }: UnitBlock, gates: Float32Array): number {
  let kept = 0;
  for (let unit = start; unit < start + count; unit++) if (gates[unit] !== 0) kept++;
  return kept;
}
