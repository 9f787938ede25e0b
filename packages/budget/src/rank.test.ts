import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { rankByScore } from './rank.js';

describe('rankByScore', () => {
  const scores = fc.array(
    fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(-0, 0, 1, Infinity, -Infinity)),
  );

  test.prop([scores])('sorts like the stable sort of the language', (values) => {
    const expected = Array.from(values, (_, unit) => unit).sort((a, b) => {
      return values[a] === values[b] ? a - b : values[b]! > values[a]! ? 1 : -1;
    });
    expect(Array.from(rankByScore(Float32Array.from(values)))).toEqual(expected);
  });

  it('refuses NaN', () => {
    expect(() => rankByScore(Float32Array.of(0, Number.NaN))).toThrow(/unit 1 is NaN/);
  });
});
