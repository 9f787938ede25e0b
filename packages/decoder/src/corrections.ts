import { blockOf } from '@grasp/budget';
import type { LowRankUpdate } from '@grasp/fold';
import type { DecoderConfig } from './config.js';
import type { MatrixSize } from './low-rank.js';
import { type ProjectionName, projectionName } from './tensor-names.js';
import { decoderLayout, maskedShapes } from './units.js';
import { joined, readerOf } from './vector-parts.js';

/** The matrices of one sublayer that corrections are learned for, in the order of its factors. */
export interface CorrectedSublayer {
  readonly layer: number;
  readonly kind: 'kv' | 'ffn';
  readonly sizes: readonly MatrixSize[];
}

/** Sizes of an FFN's gate, up and down matrices. */
export function feedForwardMatrices(d: number, channels: number): MatrixSize[] {
  return [
    [d, channels],
    [d, channels],
    [channels, d],
  ];
}

/** Sizes of an attention's matrices: queries and keys, each group's together; values; output. */
export function attentionMatrices(
  {
    hiddenSize: d,
    headSize: h,
    headsPerGroup: G,
  }: Pick<DecoderConfig, 'hiddenSize' | 'headSize' | 'headsPerGroup'>,
  groups: number,
): MatrixSize[] {
  return [
    [d, groups * (G + 1) * h],
    [d, groups * h],
    [groups * G * h, d],
  ];
}

/** All that the model has under a mask, in the order of the sublayers: attention, then FFN, of each layer. */
export function correctedSublayers(config: DecoderConfig, mask: Uint8Array): CorrectedSublayer[] {
  const kept = maskedShapes(config, mask);
  return config.layers.flatMap(({ channels, groups }, layer): CorrectedSublayer[] => [
    ...(groups > 0
      ? [{ layer, kind: 'kv' as const, sizes: attentionMatrices(config, kept[layer]!.groups) }]
      : []),
    ...(channels > 0
      ? [
          {
            layer,
            kind: 'ffn' as const,
            sizes: feedForwardMatrices(config.hiddenSize, kept[layer]!.channels),
          },
        ]
      : []),
  ]);
}

/**
 * Factors to start from: `A` uniform in ±1/√n, `B` zero, so that every correction is zero and has a gradient.
 *
 * @param random uniform in [0, 1)
 */
export function initialFactors(
  config: DecoderConfig,
  mask: Uint8Array,
  rank: number,
  random: () => number,
): Float32Array {
  const sublayers = correctedSublayers(config, mask);
  const sizes = sublayers.flatMap((sublayer) => sublayer.sizes);
  return joined(
    sizes.flatMap(([n, m]) => {
      const bound = 1 / Math.sqrt(n);
      const a = Float32Array.from({ length: n * rank }, () => (2 * random() - 1) * bound);
      return [a, new Float32Array(rank * m)];
    }),
  );
}

/**
 * Factors as updates of the checkpoint's matrices, for `changes.lowRank` of `foldCheckpoint`.
 *
 * @param factors those of all sublayers, one after another
 */
export function correctionUpdates(
  config: DecoderConfig,
  mask: Uint8Array,
  rank: number,
  factors: Float32Array,
): LowRankUpdate[] {
  const { headsPerGroup: G, headSize: h } = config;
  const updates: LowRankUpdate[] = [];
  const take = readerOf(factors);
  for (const { layer, kind, sizes } of correctedSublayers(config, mask)) {
    const units = keptUnits(config, mask, layer, kind);
    const name = (projection: ProjectionName) => projectionName(layer, projection, 'weight');
    const [first, second, last] = sizes.map(([n, m]) => ({ a: take(n * rank), b: take(rank * m) }));
    if (kind === 'ffn') {
      updates.push(
        { tensor: name('gate'), outputs: units, rank, ...first! },
        { tensor: name('up'), outputs: units, rank, ...second! },
        { tensor: name('down'), inputs: units, rank, ...last! },
      );
      continue;
    }
    const [query, key] = splitGroups(first!.b, rank, units.length, G * h, h);
    updates.push(
      { tensor: name('q'), outputs: entries(units, G * h), rank, a: first!.a, b: query },
      { tensor: name('k'), outputs: entries(units, h), rank, a: first!.a, b: key },
      { tensor: name('v'), outputs: entries(units, h), rank, ...second! },
      { tensor: name('o'), inputs: entries(units, G * h), rank, ...last! },
    );
  }
  return updates;
}

/** Indices of a block's kept units within it. */
function keptUnits(config: DecoderConfig, mask: Uint8Array, layer: number, kind: 'kv' | 'ffn'): Uint32Array {
  const { start, count } = blockOf(decoderLayout(config), layer, kind)!;
  const units: number[] = [];
  for (let unit = 0; unit < count; unit++) if (mask[start + unit] !== 0) units.push(unit);
  return Uint32Array.from(units);
}

/** Indices of the entries that units of a width own. */
function entries(units: Uint32Array, width: number): Uint32Array {
  return Uint32Array.from({ length: units.length * width }, (_, i) => {
    return units[Math.floor(i / width)]! * width + (i % width);
  });
}

/** `[r, K·(first + second)]`, where each group's `first` columns and its `second` alternate, as two matrices. */
function splitGroups(b: Float32Array, r: number, K: number, first: number, second: number) {
  const take = readerOf(b);
  const runs = Array.from({ length: r * K }, () => [take(first), take(second)] as const);
  return [joined(runs.map(([own]) => own)), joined(runs.map(([, own]) => own))] as const;
}
