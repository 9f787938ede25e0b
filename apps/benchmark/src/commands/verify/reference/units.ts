import { createLayout, type Layout } from '@grasp/budget';
import type { PerUnit } from './reference-folder.js';

/** The layout of a trace's units, with the trace's costs. Each layer has its FFN channels, then its KV groups. */
export function layoutOf(units: PerUnit, costs: { readonly ffn: number; readonly kv: number }): Layout {
  return createLayout(
    units.ffn.flatMap((channels, layer) => [
      { layer, kind: 'ffn', count: channels.length, cost: costs.ffn },
      { layer, kind: 'kv', count: units.kv[layer]?.length ?? 0, cost: costs.kv },
    ]),
  );
}

/** Values of a trace as a vector over units. */
export function unitVector({ ffn, kv }: PerUnit): Float32Array {
  return Float32Array.from(ffn.flatMap((channels, layer) => [...channels, ...(kv[layer] ?? [])]));
}
