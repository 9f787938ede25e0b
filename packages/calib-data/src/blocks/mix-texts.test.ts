import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mixTexts, sha256OfIds, type TokenBlocks } from '../index.js';

/** Blocks of two tokens: `[name, 0]`, `[name, 1]`, … */
function blocks(name: number, count: number, length = 2): TokenBlocks {
  const ids = Int32Array.from({ length: count * length }, (_, i) =>
    i % length === 0 ? name : Math.floor(i / length),
  );
  return { ids, shape: [count, length], fingerprint: sha256OfIds(ids), description: `text ${name}` };
}

const pairs = ({ ids }: TokenBlocks) =>
  Array.from({ length: ids.length / 2 }, (_, i) => [ids[2 * i]!, ids[2 * i + 1]!] as const);

describe('mixTexts', () => {
  it('repeats no block before all have been seen, keeps the shares, and continues smaller counts', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        (sizes, all, count, seed) => {
          const texts = sizes.map((size, name) => blocks(name, size));
          const weights = all.slice(0, sizes.length);
          const mixed = mixTexts(texts, { count, weights, seed });
          expect(mixed.shape).toEqual([count, 2]);
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          for (const [name, size] of sizes.entries()) {
            const own = pairs(mixed)
              .filter(([text]) => text === name)
              .map(([, block]) => block);
            expect(Math.abs(own.length - (count * weights[name]!) / total)).toBeLessThan(sizes.length);
            for (let start = 0; start < own.length; start += size) {
              const round = own.slice(start, start + size);
              expect(new Set(round).size).toBe(round.length);
            }
          }
          const longer = mixTexts(texts, { count: count + 5, weights, seed });
          expect(longer.ids.subarray(0, 2 * count)).toEqual(mixed.ids);
        },
      ),
    ));

  it('sees every block of all texts once before any twice, unless weights say otherwise', () => {
    const mixed = mixTexts([blocks(0, 5), blocks(1, 3)], { count: 8, seed: 1 });
    expect(new Set(pairs(mixed).map(String)).size).toBe(8);
    expect(mixed.description).toBe('5 blocks of text 0, mixed with 3 blocks of text 1; shuffled, seed 1');
  });

  it('refuses blocks of two lengths, and weights that do not fit', () => {
    expect(() => mixTexts([blocks(0, 1), blocks(1, 1, 3)], { count: 1, seed: 1 })).toThrow('length');
    for (const weights of [[1], [1, 0], [1, Number.NaN]])
      expect(() => mixTexts([blocks(0, 1), blocks(1, 1)], { count: 1, seed: 1, weights })).toThrow('weights');
  });
});
