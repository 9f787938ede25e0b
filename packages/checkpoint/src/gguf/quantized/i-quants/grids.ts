import { IQ1, IQ2_S, IQ2_XS, IQ2_XXS, IQ3_S, IQ3_XXS } from './grid-points.js';

/**
 * The digits of all points of a grid, one after another.
 *
 * @param packed base64 of the points, 16 bits each, which the digits share evenly, the first one lowest
 * @param size digits of a point
 * @param values what each digit stands for
 */
function unpack(packed: string, size: number, values: readonly number[]): Int8Array {
  const bytes = Buffer.from(packed, 'base64');
  const bits = 16 / size;
  return Int8Array.from({ length: (bytes.length / 2) * size }, (_, i) => {
    const point = bytes.readUInt16LE(2 * Math.floor(i / size));
    return values[(point >> (bits * (i % size))) & (2 ** bits - 1)]!;
  });
}

/** Unpacks a grid when it is first used. */
function lazily(...given: Parameters<typeof unpack>): () => Int8Array {
  let grid: Int8Array | undefined;
  return () => {
    grid ??= unpack(...given);
    return grid;
  };
}

/** The points that the I-quants choose from: `[points × 8]` for one and two bits, `[points × 4]` for three. */
export const grids = {
  iq1: lazily(IQ1, 8, [-1, 0, 1]),
  iq2xxs: lazily(IQ2_XXS, 8, [8, 25, 43]),
  iq2xs: lazily(IQ2_XS, 8, [8, 25, 43]),
  iq2s: lazily(IQ2_S, 8, [8, 25, 43]),
  iq3xxs: lazily(IQ3_XXS, 4, [4, 12, 20, 28, 36, 44, 52, 62]),
  iq3s: lazily(IQ3_S, 4, [1, 3, 5, 7, 9, 11, 13, 15]),
};
