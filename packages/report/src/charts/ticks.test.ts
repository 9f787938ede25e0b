import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { ticks } from './ticks.js';

it('gives round numbers', () => {
  expect(ticks([0, 10])).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticks([0.42, 0.61])).toEqual([0.45, 0.5, 0.55, 0.6]);
  expect(ticks([7, 7])).toEqual([7]);
});

test.prop([fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: 1e-3, max: 1e6, noNaN: true })])(
  'gives two to six of them, within the range',
  (low, span) => {
    const found = ticks([low, low + span]);
    expect(found.length).toBeGreaterThanOrEqual(2);
    expect(found.length).toBeLessThanOrEqual(7);
    const slack = 1e-9 * (Math.abs(low) + span);
    expect(found.every((value) => value >= low - slack && value <= low + span + slack)).toBe(true);
  },
);
