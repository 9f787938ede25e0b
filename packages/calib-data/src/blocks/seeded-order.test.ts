import { expect, test } from 'vitest';
import { seededOrder } from './seeded-order.js';

test('an order is the same in every release and on every machine', () => {
  expect(Array.from(seededOrder(8, 42))).toEqual([2, 7, 1, 0, 6, 5, 3, 4]);
  expect(Array.from(seededOrder(8, 43))).not.toEqual(Array.from(seededOrder(8, 42)));
});

test('every place is equally likely for every number', () => {
  const n = 4;
  const counts = new Float64Array(n * n);
  for (let seed = 0; seed < 4000; seed++)
    for (const [place, number] of seededOrder(n, seed).entries()) counts[number * n + place]! += 1;
  // 1000 expected, standard deviation √(4000 · ¼ · ¾) ≈ 27.
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(27 * 5);
});
