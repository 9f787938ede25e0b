import type { Layout } from '@grasp/budget';

/** Number of groups of layers in a line of progress. */
const GROUPS = 6;

/** Kept shares of each kind, from the first layers to the last: `FFN 61 48 52 44, KV 100 75 50 75 %`. */
export function keptByDepth({ blocks }: Layout, kept: Uint32Array): string {
  const layers = 1 + Math.max(...blocks.map(({ layer }) => layer));
  const groups = Math.min(GROUPS, layers);
  const shares = (kind: string): string => {
    const [sum, of] = [new Float64Array(groups), new Float64Array(groups)];
    blocks.forEach((block, index) => {
      if (block.kind !== kind) return;
      const group = Math.floor((block.layer * groups) / layers);
      sum[group]! += kept[index]!;
      of[group]! += block.count;
    });
    return [...sum]
      .map((count, group) => (of[group]! > 0 ? Math.round((100 * count) / of[group]!) : '–'))
      .join(' ');
  };
  return `kept by depth: FFN ${shares('ffn')}, KV ${shares('kv')} %`;
}
