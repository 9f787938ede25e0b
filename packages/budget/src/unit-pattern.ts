import type { Layout } from './layout.js';

/**
 * The units that a pattern names: 1 for each. Unit 17 of the FFN of layer 3 is `layers.3.ffn.17`; its block's name
 * `layers.3.ffn` and its layer's `layers.3` stand for all of their units. `*` is any run of characters:
 * `layers.0.*`, `*.kv`, `layers.1*.ffn`.
 */
export function matchUnits(layout: Layout, pattern: string): Uint8Array {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const matches = new RegExp(`^${parts.join('.*')}$`);
  const units = new Uint8Array(layout.size);
  for (const { layer, kind, start, count } of layout.blocks) {
    const name = `layers.${layer}.${kind}`;
    if (matches.test(`layers.${layer}`) || matches.test(name)) {
      units.fill(1, start, start + count);
      continue;
    }
    for (let unit = 0; unit < count; unit++) if (matches.test(`${name}.${unit}`)) units[start + unit] = 1;
  }
  return units;
}
