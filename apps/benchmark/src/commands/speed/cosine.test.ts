import { expect, it } from 'vitest';
import { cosine } from './cosine.js';

it('depends on the direction, not on the length', () => {
  expect(cosine(Float32Array.of(1, 2), Float32Array.of(2, 4))).toBeCloseTo(1);
  expect(cosine(Float32Array.of(1, 2), Float32Array.of(-1, -2))).toBeCloseTo(-1);
  expect(cosine(Float32Array.of(1, 0), Float32Array.of(0, 1))).toBe(0);
});
