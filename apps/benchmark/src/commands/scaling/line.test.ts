import { expect, it } from 'vitest';
import { lineThrough } from './line.js';

const points = (y: (x: number) => number) => [1, 2, 3, 4].map((x) => ({ x, y: y(x) }));

it('finds a line and the distances of the points from it', () => {
  const exact = lineThrough(points((x) => 3 + 2 * x));
  expect(exact.at(10)).toBeCloseTo(23);
  expect(exact.each).toBeCloseTo(2);
  expect(exact.rSquared).toBeCloseTo(1);
  expect(exact.farthest).toBeCloseTo(0);
});

it('distinguishes a parabola from a line', () => {
  const square = lineThrough(points((x) => x * x)); // 1, 4, 9, 16 against 0, 5, 10, 15
  expect(square.at(1)).toBeCloseTo(0);
  expect(square.rSquared).toBeCloseTo(1 - 4 / 129);
  expect(square.farthest).toBeCloseTo(1);
});
