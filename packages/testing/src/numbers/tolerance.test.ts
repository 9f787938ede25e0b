import { describe, expect, it } from 'vitest';
import { normals } from './random.js';
import { toleranceOf } from './tolerance.js';

/** A sum in float32, by `lanes` partial sums as a vector unit has them. */
function sum(values: Float32Array, lanes: number): number {
  const partial = new Float32Array(lanes);
  values.forEach((value, i) => {
    partial[i % lanes]! += value;
  });
  return partial.reduce((total, value) => Math.fround(total + value), 0);
}

describe('toleranceOf', () => {
  it.each([10, 100, 1_000, 10_000])(
    'holds for sums of %i terms in other orders, within 40 times',
    (terms) => {
      let worst = { positive: 0, mixed: 0 };
      for (let seed = 0; seed < 100; seed++) {
        const mixed = normals(terms, seed);
        const positive = mixed.map(Math.abs);
        for (const lanes of [4, 8, 16]) {
          const gap = (values: Float32Array) => Math.abs(sum(values, lanes) - sum(values, 1));
          worst = {
            positive: Math.max(worst.positive, gap(positive) / sum(positive, 1)),
            mixed: Math.max(worst.mixed, gap(mixed) / Math.sqrt(terms)), // the typical size of such a sum
          };
        }
      }
      const tolerance = toleranceOf('float32', terms);
      for (const error of Object.values(worst)) {
        expect(error).toBeLessThan(tolerance);
        expect(error).toBeGreaterThan(tolerance / 40);
      }
    },
  );

  it('holds for values rounded to each dtype, and for their products', () => {
    const values = normals(1_000, 1);
    const rounded = {
      float32: Math.fround,
      float64: (x: number) => x,
      bfloat16: toBfloat16,
      float16: toFloat16,
    };
    for (const [dtype, round] of Object.entries(rounded)) {
      const error = values.reduce(
        (most, value) => Math.max(most, Math.abs(round(value * Math.PI) / (value * Math.PI) - 1)),
        0,
      );
      const tolerance = toleranceOf(dtype as keyof typeof rounded, 1);
      expect(error).toBeLessThanOrEqual(tolerance / 4);
      if (dtype !== 'float64') expect(error).toBeGreaterThan(tolerance / 8);
    }
  });

  it('is the formula', () => {
    expect(toleranceOf('float32', 64)).toBe(4 * 8 * 2 ** -24);
    expect(toleranceOf('bfloat16', 1, 3)).toBe(12 * 2 ** -8);
  });
});

/** To nearest, of a value in the normal range, with `bits` of significand. */
function toSignificand(x: number, bits: number): number {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - bits + 1);
  return Math.round(x / unit) * unit;
}
function toBfloat16(x: number): number {
  return toSignificand(x, 8);
}
function toFloat16(x: number): number {
  return toSignificand(x, 11);
}
