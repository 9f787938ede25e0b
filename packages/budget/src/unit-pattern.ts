import { LayoutError } from './errors.js';
import type { Layout } from './layout.js';

/**
 * Returns a mask of the units that a pattern matches: 1 for each.
 *
 * Unit 17 of the FFN of layer 3 is named `layers.3.ffn.17`. The name of its block, `layers.3.ffn`, and the name of its
 * layer, `layers.3`, match all of their units. `*` matches any characters: `layers.0.*`, `*.kv`, `layers.1*.ffn`.
 *
 * @throws {LayoutError} if the pattern matches no unit.
 */
export function matchUnits(layout: Layout, pattern: string): Uint8Array {
  const matches = wildcard(pattern);
  const units = new Uint8Array(layout.size);
  for (const { layer, kind, start, count } of layout.blocks) {
    const name = `layers.${layer}.${kind}`;
    if (matches.test(`layers.${layer}`) || matches.test(name)) {
      units.fill(1, start, start + count);
      continue;
    }
    for (let unit = 0; unit < count; unit++) if (matches.test(`${name}.${unit}`)) units[start + unit] = 1;
  }
  if (!units.includes(1)) throw new LayoutError(`No unit matches "${pattern}". ${unitNames(layout)}`);
  return units;
}

/** What units of a layout are called, for messages. */
function unitNames({ blocks }: Layout): string {
  const kinds = [...new Set(blocks.map(({ kind }) => kind))];
  const last = Math.max(...blocks.map(({ layer }) => layer));
  return (
    `Units are named layers.N.KIND.I, with N from 0 to ${last} and KIND one of ${kinds.join(', ')}; ` +
    '* matches any characters.'
  );
}

/** The expression that a whole name must match: `*` in a pattern stands for any characters. */
export function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
