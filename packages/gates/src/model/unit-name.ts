import { blockName, type Layout } from '@grasp/budget';

/** `unit 8 (layer 0 kv)`: a unit's name in messages. */
export function unitName(layout: Layout, unit: number): string {
  const block = layout.blocks.find(({ start, count }) => unit >= start && unit < start + count);
  return block ? `unit ${unit} (${blockName(block)})` : `unit ${unit}`;
}
