import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256OfIds, type TokenBlocks, takeTurns } from '../index.js';

/** Blocks of two tokens: `[name, 0]`, `[name, 1]`, … */
function blocks(name: number, count: number, length = 2): TokenBlocks {
  const ids = Int32Array.from({ length: count * length }, (_, i) =>
    i % length === 0 ? name : Math.floor(i / length),
  );
  return { ids, shape: [count, length], fingerprint: sha256OfIds(ids), description: `text ${name}` };
}

describe('takeTurns', () => {
  it('takes a block of each, then the rest of the longer text', () => {
    const both = takeTurns(blocks(7, 4), blocks(8, 2));
    expect([...both.ids]).toEqual([7, 0, 8, 0, 7, 1, 8, 1, 7, 2, 7, 3]);
    expect(both.shape).toEqual([6, 2]);
    expect(both.description).toBe('4 blocks of text 7, in turn with 2 of text 8');
    expect([...takeTurns(blocks(7, 1), blocks(8, 3)).ids]).toEqual([7, 0, 8, 0, 8, 1, 8, 2]);
  });

  it('keeps every block of both in order, or as many as are asked for', () =>
    fc.assert(
      fc.property(fc.nat(9), fc.nat(9), fc.integer({ min: 1, max: 20 }), (a, b, count) => {
        const all = takeTurns(blocks(7, a), blocks(8, b));
        const pairs = Array.from(
          { length: a + b },
          (_, i) => [all.ids[2 * i]!, all.ids[2 * i + 1]!] as const,
        );
        for (const [name, size] of [
          [7, a],
          [8, b],
        ] as const) {
          const own = pairs.filter(([first]) => first === name).map(([, index]) => index);
          expect(own).toEqual(Array.from({ length: size }, (_, i) => i));
        }
        const some = takeTurns(blocks(7, a), blocks(8, b), count);
        expect(some.ids).toEqual(all.ids.subarray(0, 2 * Math.min(count, a + b)));
        expect(some.fingerprint).toBe(sha256OfIds(some.ids));
      }),
    ));

  it('refuses blocks of two lengths', () => {
    expect(() => takeTurns(blocks(7, 1), blocks(8, 1, 3))).toThrow('length');
  });
});
