import { describe, expect, it } from 'vitest';
import { mulberry32 } from './mulberry32.js';
import { Random } from './random.js';

/** Counts of `draws` numbers in `bins` equal bins of [0, 1). */
function histogram(bins: number, draws: number, next: () => number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (let draw = 0; draw < draws; draw++) counts[Math.floor(next() * bins)]!++;
  return counts;
}

/** 16,000 draws in 16 bins: 1,000 each, with a standard deviation of √(16,000 · 1/16 · 15/16) ≈ 31. */
function expectUniform(next: () => number): void {
  for (const count of histogram(16, 16_000, next)) expect(Math.abs(count - 1000)).toBeLessThan(5 * 31);
}

describe('Random', () => {
  it('gives the same sequence in every release', () => {
    const random = new Random(7);
    expect(Array.from({ length: 4 }, () => random.next())).toEqual([
      236867408, 3475793006, 2819065773, 3520065268,
    ]);
    expect(new Random(7, 1).next()).toBe(2091066894);
    expect(new Random(1, 7).next()).toBe(2232434182);
  });

  it('is uniform', () => {
    const random = new Random(1);
    expectUniform(() => random.next() / 2 ** 32);
    expectUniform(() => random.below(48) / 48);
  });

  it('draws below any bound', () => {
    const random = new Random(3);
    expect(random.below(1)).toBe(0);
    expect(random.below(2 ** 32)).toBeLessThan(2 ** 32);
    // Below 3·2³⁰, the remainder of a plain division would fall in the lowest third twice as often.
    const bound = 3 * 2 ** 30;
    const counts = histogram(3, 3000, () => random.below(bound) / bound);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * 26);
  });
});

describe('mulberry32', () => {
  it('gives the same sequence in every release', () => {
    const next = mulberry32(42);
    expect(Array.from({ length: 3 }, next)).toEqual([
      0.6011037519201636, 0.44829055899754167, 0.8524657934904099,
    ]);
    expect(mulberry32(2 ** 32 + 42)()).toBe(mulberry32(42)());
  });

  it('is uniform', () => {
    expectUniform(mulberry32(1));
  });
});
