import type { DecoderConfig, LayerShape } from '@grasp/decoder';

/** How a decoder is stored as DeciLM, whose layers all have the same number of query heads. */
export interface DeciLayout {
  /** Query heads of each attention. */
  readonly heads: number;
  /** Widths as stored. 0: the layer has no such sublayer. */
  readonly layers: readonly LayerShape[];
}

/** FFN widths of the portable form are multiples of this, because `ffn_mult` is rounded to them. */
export const PORTABLE_MULTIPLE = 256;

/**
 * Stored widths with the least zeros. An attention of `heads` query heads and `kvHeads` KV heads has `heads / kvHeads` query
 * heads for each KV head, so some of both may be zeros. The first layer always has attention: vLLM starts its residual there.
 *
 * @param portable with as many heads as span the hidden size, and with widths in multiples of 256
 */
export function deciLayout(decoder: DecoderConfig, portable: boolean): DeciLayout {
  const { layers, queriesPerKvHead, hiddenSize, headDim } = decoder;
  const groups = layers.map(({ kvHeads }, layer) => (layer === 0 ? Math.max(kvHeads, 1) : kvHeads));
  const fewest = Math.max(...groups) * queriesPerKvHead;
  const spanning = hiddenSize / headDim;
  const candidates = portable
    ? [spanning]
    : Array.from({ length: Math.max(1, spanning - fewest + 1) }, (_, more) => fewest + more);
  const [heads] = candidates
    .map((count) => [count, sizeWith(count, groups, queriesPerKvHead)] as const)
    .reduce((best, tried) => (tried[1] < best[1] ? tried : best));
  return {
    heads,
    layers: layers.map(({ channels }, layer) => ({
      channels: portable ? PORTABLE_MULTIPLE * Math.ceil(channels / PORTABLE_MULTIPLE) : channels,
      kvHeads: storedKvHeads(heads, groups[layer]!, queriesPerKvHead),
    })),
  };
}

/** Heads of all kinds in all layers. */
function sizeWith(heads: number, groups: readonly number[], queriesPerKvHead: number): number {
  return groups
    .filter((count) => count > 0)
    .reduce((sum, count) => sum + heads + storedKvHeads(heads, count, queriesPerKvHead), 0);
}

/** The fewest KV heads that divide the query heads, and that hold `groups` KV heads with their own query heads. */
function storedKvHeads(heads: number, groups: number, queriesPerKvHead: number): number {
  if (groups === 0) return 0;
  for (let count = groups; count * queriesPerKvHead <= heads; count++) if (heads % count === 0) return count;
  return Number.POSITIVE_INFINITY;
}
