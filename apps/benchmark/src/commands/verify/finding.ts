import type { Layout } from '@grasp/budget';
import { ReferenceFormatError } from './reference/reference-format-error.js';

/** One quantity of a reference against ours: how far they are apart at most, and how far they may be. */
export interface Finding {
  readonly quantity: string;
  /** Largest difference found; infinite where a value is not finite. */
  readonly largest: number;
  readonly allowed: number;
  /** `relative` to the largest expected value, `absolute`, or a number of `units`. */
  readonly measure: 'relative' | 'absolute' | 'units';
}

export const passes = ({ largest, allowed }: Finding): boolean => largest <= allowed;

/** Compares vectors; a NaN on either side counts as infinitely far. */
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
      `it has ${expected.length} values where the model has ${actual.length}`,
    );
  }
  let [gap, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    gap = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(gap, apart);
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return { quantity, largest: measure === 'absolute' || gap === 0 ? gap : gap / scale, allowed, measure };
}

/** Compares values per unit kind by kind, each relative to its own largest: groups' gradients dwarf channels'. */
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

/** Counts the units on which two masks disagree; none may. */
export function compareMasks(quantity: string, actual: Uint8Array, expected: ArrayLike<number>): Finding {
  if (actual.length !== expected.length) {
    throw new ReferenceFormatError(
      quantity,
      `it has ${expected.length} units where the model has ${actual.length}`,
    );
  }
  const apart = actual.reduce((count, kept, unit) => count + (kept === expected[unit] ? 0 : 1), 0);
  return { quantity, largest: apart, allowed: 0, measure: 'units' };
}

/** The worst of several findings of one quantity, such as one per step. */
export function worst(findings: readonly Finding[]): Finding {
  return findings.reduce((a, b) => (b.largest / (b.allowed || 1) > a.largest / (a.allowed || 1) ? b : a));
}
