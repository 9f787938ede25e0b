/** The difference of two vectors. */
export interface Difference {
  /** Largest |actual − expected|. */
  readonly absolute: number;
  /** Largest |actual − expected| divided by the largest |expected|. */
  readonly relative: number;
  /** Index of the largest difference. */
  readonly index: number;
}

/**
 * Returns the largest difference of two vectors of equal length. A NaN counts as an infinite difference, so it never passes
 * a tolerance.
 */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): Difference {
  if (actual.length !== expected.length) {
    throw new RangeError(`lengths differ: ${actual.length} values against ${expected.length} expected`);
  }
  let [absolute, scale, index] = [0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs(actual[i]! - expected[i]!);
    if (!(gap <= absolute)) {
      absolute = Number.isNaN(gap) ? Infinity : gap;
      index = i;
      if (absolute === Infinity) break;
    }
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return { absolute, relative: absolute === 0 ? 0 : absolute / scale, index };
}

/** Throws unless every value is within `relative` of the largest expected value (default 1e-4). */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 1e-4 }: { relative?: number } = {},
): void {
  const found = difference(actual, expected);
  if (found.relative <= relative) return;
  throw new Error(
    `values differ by ${found.absolute.toExponential(2)} (${found.relative.toExponential(2)} of the largest; ` +
      `${relative} allowed), most at [${found.index}]: ${actual[found.index]}, expected ${expected[found.index]}`,
  );
}
