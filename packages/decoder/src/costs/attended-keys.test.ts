import { describe, expect, it } from 'vitest';
import { attendedKeys } from './attended-keys.js';

/** Counts the keys that each block of queries meets, one query and key at a time. */
function counted(length: number, window: number, queryBlock: number): number {
  let pairs = 0;
  for (let query = 0; query < length; query++) {
    const start = query - (query % queryBlock);
    const end = Math.min(start + queryBlock, length);
    for (let key = 0; key < length; key++) {
      const seenByBlock = Array.from({ length: end - start }, (_, i) => start + i).some(
        (other) => key <= other && key > other - window,
      );
      if (seenByBlock) pairs++;
    }
  }
  return pairs / length;
}

describe('attendedKeys', () => {
  it.each([
    [12, 12, 12],
    [12, 12, 5],
    [12, 4, 5],
    [12, 4, 1],
    [12, 1, 3],
    [7, 100, 2],
  ])(
    'of %i queries with a window of %i in blocks of %i are those counted one by one',
    (length, window, block) => {
      expect(attendedKeys(length, window, block)).toBeCloseTo(counted(length, window, block), 12);
    },
  );

  it('are half the row without a window, and without blocks', () => {
    expect(attendedKeys(512)).toBe(256);
    expect(attendedKeys(512, 1000)).toBe(256);
    expect(attendedKeys(0)).toBe(0);
  });

  it('come close to the count of single queries, with a window too', () => {
    for (const window of [1, 10, 100, 200]) {
      expect(Math.abs(attendedKeys(200, window) - attendedKeys(200, window, 1))).toBeLessThanOrEqual(0.5);
    }
  });
});
