import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinBatches } from './join-batches.js';

const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom(300, 512, 3000)));

it('loses no token and keeps the rows', () =>
  fc.assert(
    fc.property(sizes, (shapes) => {
      let next = 0;
      const batches = shapes.map(([rows, length]) => ({
        ids: Int32Array.from({ length: rows * length }, () => next++),
        shape: [rows, length] as const,
      }));
      const joined = [...joinBatches(batches)];
      expect(joined.flatMap(({ ids }) => [...ids])).toEqual(Array.from({ length: next }, (_, i) => i));
      const lengths = (all: readonly { shape: readonly [number, number] }[]) =>
        all.flatMap(({ shape: [rows, length] }) => new Array<number>(rows).fill(length));
      expect(lengths(joined)).toEqual(lengths(batches));
      for (const { ids } of joined) {
        const alone = batches.some((batch) => batch.ids.length === ids.length && batch.ids[0] === ids[0]);
        expect(ids.length <= 2048 || alone).toBe(true);
      }
    }),
    { numRuns: 50 },
  ));

it('joins four rows of 512 tokens', () => {
  const row = { ids: new Int32Array(512), shape: [1, 512] as const };
  expect([...joinBatches(new Array(9).fill(row))].map(({ shape }) => shape)).toEqual([
    [4, 512],
    [4, 512],
    [1, 512],
  ]);
});
