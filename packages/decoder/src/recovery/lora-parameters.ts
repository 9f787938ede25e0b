import { blockOf } from '@grasp/budget';
import type { LoraUpdate } from '@grasp/fold';
import { attentionMatrices } from '../math/attention/attention-shape.js';
import { feedForwardMatrices } from '../math/feed-forward.js';
import type { MatrixSize } from '../math/lora.js';
import { joined, readerOf } from '../math/vector-parts.js';
import type { DecoderConfig } from '../spec/config.js';
import { decoderLayout, maskedShapes } from '../spec/units.js';
import { headRows } from '../weights/head-rows.js';
import { type ProjectionName, projectionName } from '../weights/tensor-names.js';

/** The matrices of one sublayer that have LoRA factors, in the order of its factors. */
interface LoraSublayer {
  readonly layer: number;
  readonly kind: 'kv' | 'ffn';
  readonly sizes: readonly MatrixSize[];
}

/** The sublayers of a pruned model in their order: attention, then FFN, of each layer. */
function loraSublayers(config: DecoderConfig, mask: Uint8Array): LoraSublayer[] {
  const kept = maskedShapes(config, mask);
  return config.layers.flatMap(({ channels, kvHeads }, layer): LoraSublayer[] => {
    const attention = attentionMatrices(config, kept[layer]!.kvHeads);
    const feedForward = feedForwardMatrices(
      config.hiddenSize,
      kept[layer]!.channels,
      config.gatedFeedForward,
    );
    return [
      ...(kvHeads > 0 ? [{ layer, kind: 'kv' as const, sizes: attention }] : []),
      ...(channels > 0 ? [{ layer, kind: 'ffn' as const, sizes: feedForward }] : []),
    ];
  });
}

/**
 * LoRA factors to start from, as one vector: `A` uniform in ±1/√n and `B` zero, so that every product is zero and has a
 * gradient.
 *
 * @param mask 1 for each kept unit.
 * @param random uniform in [0, 1).
 */
export function initialLora(
  config: DecoderConfig,
  mask: Uint8Array,
  rank: number,
  random: () => number,
): Float32Array {
  const sizes = loraSublayers(config, mask).flatMap((sublayer) => sublayer.sizes);
  return joined(
    sizes.flatMap(([n, m]) => {
      const bound = 1 / Math.sqrt(n);
      const a = Float32Array.from({ length: n * rank }, () => (2 * random() - 1) * bound);
      return [a, new Float32Array(rank * m)];
    }),
  );
}

/**
 * LoRA factors as updates of the checkpoint's matrices, for `changes.lora` of `foldCheckpoint`.
 *
 * @param lora the factors of all sublayers, as in `DecoderParameters`.
 */
export function loraUpdates(
  config: DecoderConfig,
  mask: Uint8Array,
  rank: number,
  lora: Float32Array,
): LoraUpdate[] {
  const { queriesPerKvHead: G, headDim: h } = config;
  const rows = headRows(config);
  const updates: LoraUpdate[] = [];
  const take = readerOf(lora);
  for (const { layer, kind, sizes } of loraSublayers(config, mask)) {
    const units = keptUnits(config, mask, layer, kind);
    const name = (projection: ProjectionName) => projectionName(layer, projection, 'weight');
    const factors = sizes.map(([n, m]) => ({ a: take(n * rank), b: take(rank * m) }));
    if (kind === 'ffn') {
      const inputs = config.gatedFeedForward ? (['gate', 'up'] as const) : (['up'] as const);
      inputs.forEach((input, i) => {
        updates.push({ tensor: name(input), outputs: units, rank, ...factors[i]! });
      });
      updates.push({ tensor: name('down'), inputs: units, rank, ...factors.at(-1)! });
      continue;
    }
    const [first, second, last] = factors;
    // The decoder holds the rows of a head of q and k in an order of its own.
    const headEntries = (heads: number) =>
      entries(units, heads * h).map((entry) => entry - (entry % h) + (rows?.[entry % h] ?? entry % h));
    const [query, key] = splitGroups(first!.b, rank, units.length, G * h, h);
    updates.push(
      { tensor: name('q'), outputs: headEntries(G), rank, a: first!.a, b: query },
      { tensor: name('k'), outputs: headEntries(1), rank, a: first!.a, b: key },
      { tensor: name('v'), outputs: entries(units, h), rank, ...second! },
      { tensor: name('o'), inputs: entries(units, G * h), rank, ...last! },
    );
  }
  return updates;
}

/** Indices of a block's kept units within it. */
function keptUnits(config: DecoderConfig, mask: Uint8Array, layer: number, kind: 'kv' | 'ffn'): Uint32Array {
  if (kind === 'kv' && config.groupGate === 'none') {
    return Uint32Array.from({ length: config.layers[layer]!.kvHeads }, (_, unit) => unit);
  }
  const { start, count } = blockOf(decoderLayout(config), layer, kind)!;
  const units: number[] = [];
  for (let unit = 0; unit < count; unit++) if (mask[start + unit] !== 0) units.push(unit);
  return Uint32Array.from(units);
}

/** Indices of the entries of units, `width` entries each. */
function entries(units: Uint32Array, width: number): Uint32Array {
  return Uint32Array.from({ length: units.length * width }, (_, i) => {
    return units[Math.floor(i / width)]! * width + (i % width);
  });
}

/** Splits `[r, K·(first + second)]`, in which `first` and `second` columns of each group alternate, into two matrices. */
function splitGroups(b: Float32Array, r: number, K: number, first: number, second: number) {
  const take = readerOf(b);
  const runs = Array.from({ length: r * K }, () => [take(first), take(second)] as const);
  return [joined(runs.map(([own]) => own)), joined(runs.map(([, own]) => own))] as const;
}
