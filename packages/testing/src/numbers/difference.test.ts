import { describe, expect, it } from 'vitest';
import { difference, expectClose } from './difference.js';

describe('difference', () => {
  it('finds the largest gap and its place', () => {
    expect(difference([1, 2.5, 4], [1, 2, 4])).toEqual({ absolute: 0.5, relative: 0.125, index: 1 });
  });

  it('never lets a NaN or an infinity pass', () => {
    expect(difference([1, Number.NaN], [1, 2]).absolute).toBe(Infinity);
    expect(difference([1, 2], [Number.NaN, 2]).absolute).toBe(Infinity);
    expect(() => expectClose([Number.NaN, 1], [0, 1])).toThrow('most at [0]');
    expect(() => expectClose([0, 1], [Infinity, 1])).toThrow();
  });

  it('refuses vectors of different lengths', () => {
    expect(() => difference([1], [1, 2])).toThrow('1 values against 2');
  });

  it('measures zero vectors without dividing by zero', () => {
    expect(difference([0, 0], [0, 0]).relative).toBe(0);
    expect(() => expectClose([1e-9], [0])).toThrow();
  });
});
