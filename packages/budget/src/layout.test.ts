import { describe, expect, it } from 'vitest';
import { LayoutError } from './errors.js';
import { blockIndices, blockOf, createLayout, keptPerBlock, maskCost, sameLayout } from './layout.js';

const blocks = [
  { layer: 0, kind: 'ffn', count: 3, cost: 1 },
  { layer: 0, kind: 'kv', count: 2, cost: 32 / 3 },
  { layer: 1, kind: 'ffn', count: 1, cost: 1 },
];

describe('createLayout', () => {
  const layout = createLayout(blocks);

  it('places blocks one after the other', () => {
    expect(layout.size).toBe(6);
    expect(layout.totalCost).toBe(4 + 2 * (32 / 3));
    expect(layout.blocks.map(({ start }) => start)).toEqual([0, 3, 5]);
    expect(Array.from(blockIndices(layout))).toEqual([0, 0, 0, 1, 1, 2]);
    expect(blockOf(layout, 0, 'kv')?.start).toBe(3);
    expect(blockOf(layout, 1, 'kv')).toBeUndefined();
  });

  it('counts and prices masks', () => {
    const mask = Uint8Array.of(1, 0, 1, 0, 1, 1);
    expect(Array.from(keptPerBlock(layout, mask))).toEqual([2, 1, 1]);
    expect(maskCost(layout, mask)).toBe(3 + 32 / 3);
    expect(maskCost(layout, new Uint8Array(6).fill(1))).toBe(layout.totalCost);
  });

  it('tells layouts apart', () => {
    expect(sameLayout(layout, createLayout(blocks))).toBe(true);
    for (const change of [{ count: 4 }, { cost: 2 }, { kind: 'other' }, { layer: 7 }]) {
      expect(sameLayout(layout, createLayout([{ ...blocks[0]!, ...change }, ...blocks.slice(1)]))).toBe(
        false,
      );
    }
    expect(sameLayout(layout, createLayout(blocks.slice(1)))).toBe(false);
  });

  it.each([
    ['no block', [], /at least one block/],
    ['an empty block', [{ ...blocks[0]!, count: 0 }], /layer 0 ffn: a block needs at least one unit/],
    ['a block twice', [blocks[0]!, blocks[0]!], /layer 0 ffn occurs twice/],
    ['a unit that costs nothing', [{ ...blocks[0]!, cost: 0 }], /cost of a unit must be positive/],
    ['a layer that is no number', [{ ...blocks[0]!, layer: Number.NaN }], /layer must be an integer/],
    ['too many units', [{ ...blocks[0]!, count: 2 ** 31 }], /at most/],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => createLayout(wrong)).toThrow(LayoutError);
    expect(() => createLayout(wrong)).toThrow(message);
  });
});
