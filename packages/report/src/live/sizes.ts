import { keptPerBlock, type Layout, maskCost } from '@grasp/budget';

export interface Sizes {
  readonly parameters: number;
  readonly prunableParameters: number;
  /** In half precision. */
  readonly kvCacheBytesPerToken: number;
}

/** Returns the sizes under a mask. Biases of removed units are still counted, at most a thousandth of the total. */
export function sizesAt(dense: Sizes, layout: Layout, mask: Uint8Array): Sizes {
  const share = maskCost(layout, mask) / layout.totalCost;
  const groups = unitsOf(layout, mask, 'kv');
  return {
    parameters: dense.parameters - (1 - share) * dense.prunableParameters,
    prunableParameters: share * dense.prunableParameters,
    // Attention that cannot be pruned has no groups.
    kvCacheBytesPerToken: (groups.count === 0 ? 1 : groups.kept / groups.count) * dense.kvCacheBytesPerToken,
  };
}

/** Returns the number of units of a kind, and of those that a mask keeps. */
export function unitsOf(layout: Layout, mask: Uint8Array, kind: string): { kept: number; count: number } {
  const kept = keptPerBlock(layout, mask);
  const sum = { kept: 0, count: 0 };
  layout.blocks.forEach((block, index) => {
    if (block.kind !== kind) return;
    sum.kept += kept[index]!;
    sum.count += block.count;
  });
  return sum;
}
