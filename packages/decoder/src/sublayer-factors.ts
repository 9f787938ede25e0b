import type { UnitBlock } from '@grasp/budget';
import * as tf from '@tensorflow/tfjs-core';
import type { Arrangement } from './weights/permutation.js';
import { DecoderInputError } from './errors.js';
import { factorCount, type MatrixSize, resizeFactors } from './math/lora.js';
import { readerOf } from './math/vector-parts.js';

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
      factors && tf.keep(tf.tidy(() => this.narrow(tf.tensor1d(this.ofComputed(factors, kept, computed)))));
  }

  /** Copies the kept units' part of the computed units' gradients. */
  copyKept(gradients: Float32Array, kept: number, computed: number, to: Float32Array): void {
    resizeFactors(gradients, this.sizesOf(computed), this.sizesOf(kept), to);
  }

  dispose(): void {
    this.tensor?.dispose();
  }

  private ofComputed(factors: Float32Array, kept: number, computed: number): Float32Array {
    if (kept === computed) return factors;
    const rank = factors.length / this.countFor(kept);
    const resized = new Float32Array(rank * this.countFor(computed));
    resizeFactors(factors, this.sizesOf(kept), this.sizesOf(computed), resized);
    return resized;
  }
}

/** A sublayer as far as its corrections go. */
interface Corrected {
  readonly block: UnitBlock;
  readonly factors: SublayerFactors;
  readonly arrangement: Arrangement;
}

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
  const kept = sublayers.map(({ block }) => keptIn(block, gates));
  const sizes = sublayers.map(({ factors, arrangement: { computed } }, i) => {
    const rank = factors.values!.size / factors.countFor(computed);
    return rank * factors.countFor(kept[i]!);
  });
  const ofKept = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
  const [from, to] = [readerOf(gradients), readerOf(ofKept)];
  sublayers.forEach(({ factors, arrangement: { computed } }, i) => {
    factors.copyKept(from(factors.values!.size), kept[i]!, computed, to(sizes[i]!));
  });
  return ofKept;
}

/** Units of a block whose gate is not 0. */
function keptIn({ start, count }: UnitBlock, gates: Float32Array): number {
  let kept = 0;
  for (let unit = start; unit < start + count; unit++) if (gates[unit] !== 0) kept++;
  return kept;
}
