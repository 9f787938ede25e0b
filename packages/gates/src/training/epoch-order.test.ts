import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { epochOrder } from './epoch-order.js';

describe('epochOrder', () => {
  test.prop([
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 8 }),
    fc.integer(),
    fc.nat({ max: 5 }),
  ])('sees every row once an epoch, from any step on', (count, batchSize, seed, epoch) => {
    const { stepsPerEpoch, rowsAt } = epochOrder(count, batchSize, seed);
    const first = epoch * stepsPerEpoch;
    const rows = Array.from({ length: stepsPerEpoch }, (_, step) => [...rowsAt(first + step)]);
    expect(rows.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, row) => row));
    expect([...epochOrder(count, batchSize, seed).rowsAt(first + stepsPerEpoch - 1)]).toEqual(rows.at(-1));
  });

  it('shuffles epochs and seeds apart', () => {
    const orderOf = (seed: number, epoch: number) => epochOrder(64, 64, seed).rowsAt(epoch).join();
    const orders = [0, 1, 2, 42].flatMap((seed) => [0, 1, 2].map((epoch) => orderOf(seed, epoch)));
    expect(new Set(orders).size).toBe(orders.length);
  });

  it('puts each row at each place about equally often', () => {
    const counts = new Uint32Array(16);
    for (let seed = 0; seed < 4000; seed++) {
      epochOrder(4, 4, seed)
        .rowsAt(seed % 7)
        .forEach((row, place) => {
          counts[row * 4 + place]!++;
        });
    }
    // 1000 expected, standard deviation 27.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(140);
  });

  it('refuses an empty data set', () => {
    expect(() => epochOrder(0, 1, 1)).toThrow(/count must be/);
  });
});
