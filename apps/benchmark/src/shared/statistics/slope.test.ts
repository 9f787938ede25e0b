import { expect, it } from 'vitest';
import { slope } from './slope.js';

it('is the least-squares slope', () => {
  const noise = [1, -1, -1, 1];
  const points = [0, 1, 2, 3].map((x, i) => ({ x: 10 * x, y: 5 + 30 * x + noise[i]! }));
  expect(slope(points)).toBeCloseTo(3, 12);
  expect(slope(points.slice(0, 1))).toBe(0);
});
