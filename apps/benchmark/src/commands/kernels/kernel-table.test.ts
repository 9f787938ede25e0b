import { expect, it } from 'vitest';
import { kernelRows, sumsOf } from './kernel-table.js';

const kernel = (name: string, count: number, milliseconds: number) =>
  ({ name, device: 'gpu', count, seconds: milliseconds / 1e3 }) as const;

const report = {
  steps: 2,
  kernels: [kernel('x'.repeat(300), 4, 6), kernel('b', 2, 3), kernel('c', 2, 0.5), kernel('d', 8, 0.5)],
};

it('counts calls and time per step, and sums what the table leaves out', () => {
  expect(sumsOf(report)).toEqual({ calls: 8, milliseconds: expect.closeTo(5, 9) });
  expect(kernelRows(report, 2)).toEqual([
    [`${'x'.repeat(69)}…`, '2', '3.000', '60.0%'],
    ['b', '1', '1.500', '30.0%'],
    ['2 others', '5', '0.500', '10.0%'],
  ]);
  expect(kernelRows({ steps: 1, kernels: [] }, 2)).toEqual([]);
});
