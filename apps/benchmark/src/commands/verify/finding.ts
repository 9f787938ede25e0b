import type { Layout } from '@grasp/budget';
import { ReferenceFormatError } from './reference/reference-format-error.js';

/** Comparison of one quantity with the reference. */
export interface Finding {
  readonly quantity: string;
  /** Largest difference. Infinity if a value is not finite. */
  readonly largest: number;
  /** Largest allowed difference. */
  readonly allowed: number;
  /** Unit of both: `relative` to the largest expected value, `absolute`, or a number of `units`. */
  readonly measure: 'relative' | 'absolute' | 'units';
}

export const passes = ({ largest, allowed }: Finding): boolean => largest <= allowed;

/** Compares two vectors. A NaN on either side gives an infinite difference. */
export function compare(
  quantity: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  allowed: number,
  measure: 'relative' | 'absolute' = 'relative',
): Finding {
  if (actual.length !== expected.length) {
    throw new ReferenceFormatError(
      quantity,
      `it has ${expected.length} values, but the model has ${actual.length}`,
    );
  }
  let [gap, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    gap = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(gap, apart);
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  const isFinal = measure === 'absolute' || gap === 0 || gap === Number.POSITIVE_INFINITY; // ∞ / ∞ is NaN
  return { quantity, largest: isFinal ? gap : gap / scale, allowed, measure };
}

/** Compares vectors over units separately for each kind, because gradients of KV groups are much larger than those of channels. */
export function compareUnits(
  quantity: string,
  layout: Layout,
  actual: Float32Array,
  expected: Float32Array,
  allowed: number,
): Finding {
  const kinds = [...new Set(layout.blocks.map(({ kind }) => kind))];
  return worst(
    kinds.map((kind) => {
      const blocks = layout.blocks.filter((block) => block.kind === kind);
      const of = (values: Float32Array) =>
        blocks.flatMap(({ start, count }) => [...values.subarray(start, start + count)]);
      return compare(quantity, of(actual), of(expected), allowed);
    }),
  );
}

/** Counts the units in which two masks differ. None is allowed. */
export function compareMasks(quantity: string, actual: Uint8Array, expected: ArrayLike<number>): Finding {
  if (actual.length !== expected.length) {
    throw new ReferenceFormatError(
      quantity,
      `it has ${expected.length} units, but the model has ${actual.length}`,
    );
  }
  const apart = actual.reduce((count, kept, unit) => count + (kept === expected[unit] ? 0 : 1), 0);
  return { quantity, largest: apart, allowed: 0, measure: 'units' };
}

/** The worst of several findings of one quantity, relative to the allowed difference. */
export function worst(findings: readonly Finding[]): Finding {
  return findings.reduce((a, b) => (b.largest / (b.allowed || 1) > a.largest / (a.allowed || 1) ? b : a));
}
