import { createLayout, type Layout } from '@grasp/budget';
import type { UnitSlice } from '@grasp/fold';
import { type ProjectionName, projectionName } from '../weights/tensor-names.js';
import { type DecoderConfig, LAYER_SHAPES_KEY, type LayerShape } from './config.js';

/**
 * The units of a decoder: per layer its FFN channels, then its KV groups. Costs are in FFN channels (`3d` parameters each,
 * `2d` without a gate matrix): a channel costs 1, a group `(2G + 2)·h / 3` (GRASPrune, section 3.1).
 */
export function decoderLayout(config: DecoderConfig): Layout {
  return createLayout(unitBlocks(config, config.groupGate !== 'none'));
}

/**
 * The units of a decoder, those that cannot be pruned included. Where KV groups cannot, they follow the units of
 * {@link decoderLayout}, and their gates are 1.
 */
export function wholeLayout(config: DecoderConfig): Layout {
  if (config.groupGate !== 'none') return decoderLayout(config);
  const fixed = unitBlocks(config, true).filter(({ kind }) => kind === 'kv');
  return createLayout([...unitBlocks(config, false), ...fixed]);
}

function unitBlocks(config: DecoderConfig, withGroups: boolean) {
  const channelMatrices = config.gatedFeedForward ? 3 : 2;
  const groupCost = ((2 * config.queriesPerKvHead + 2) * config.headDim) / channelMatrices;
  return config.layers.flatMap(({ channels, kvHeads }, layer) => [
    ...(channels > 0 ? [{ layer, kind: 'ffn', count: channels, cost: 1 }] : []),
    ...(withGroups && kvHeads > 0 ? [{ layer, kind: 'kv', count: kvHeads, cost: groupCost }] : []),
  ]);
}

/**
 * The axes of tensors that belong to units, and those into which scales are folded: columns of `down_proj` for a
 * channel; rows of `k_proj` (if the gate multiplies keys) and `v_proj`, with their biases, for a group.
 */
export function unitSlices(config: DecoderConfig): UnitSlice[] {
  const h = config.headDim;
  const slices: UnitSlice[] = [];
  const add = (
    layer: number,
    projection: ProjectionName,
    kind: string,
    axis: 0 | 1,
    width: number,
    scaled: boolean,
  ) => {
    const unit = { layer, kind, width, scaled };
    slices.push({ tensor: projectionName(layer, projection, 'weight'), axis, ...unit });
    if (axis === 0 && config.biases.includes(projection)) {
      slices.push({ tensor: projectionName(layer, projection, 'bias'), axis, ...unit });
    }
  };
  config.layers.forEach(({ channels, kvHeads }, layer) => {
    if (channels > 0) {
      if (config.gatedFeedForward) add(layer, 'gate', 'ffn', 0, 1, false);
      add(layer, 'up', 'ffn', 0, 1, false);
      add(layer, 'down', 'ffn', 1, 1, true);
    }
    if (kvHeads > 0 && config.groupGate !== 'none') {
      add(layer, 'q', 'kv', 0, config.queriesPerKvHead * h, false);
      add(layer, 'k', 'kv', 0, h, config.groupGate === 'key-value');
      add(layer, 'v', 'kv', 0, h, true);
      add(layer, 'o', 'kv', 1, config.queriesPerKvHead * h, false);
    }
  });
  return slices;
}

/** Widths of each layer under a mask. */
export function maskedShapes(config: DecoderConfig, mask: Uint8Array): LayerShape[] {
  const shapes = config.layers.map(({ kvHeads }) => ({
    channels: 0,
    kvHeads: config.groupGate === 'none' ? kvHeads : 0,
  }));
  for (const block of decoderLayout(config).blocks) {
    const kept = mask.subarray(block.start, block.start + block.count).reduce((sum, m) => sum + m, 0);
    shapes[block.layer]![block.kind === 'ffn' ? 'channels' : 'kvHeads'] = kept;
  }
  return shapes;
}

/**
 * config.json of the pruned model. If all layers have the same widths, it is an ordinary config. Otherwise the widths of
 * each layer are listed under `layer_shapes`, and the ordinary fields keep the dense model's widths.
 */
export function prunedConfig(
  raw: Readonly<Record<string, unknown>>,
  config: DecoderConfig,
  mask: Uint8Array,
): Record<string, unknown> {
  const shapes = maskedShapes(config, mask);
  const { [LAYER_SHAPES_KEY]: _, ...rest } = raw;
  const first = shapes[0]!;
  const uniform = shapes.every((s) => s.channels === first.channels && s.kvHeads === first.kvHeads);
  const widths = ({ channels, kvHeads }: LayerShape) => ({
    intermediate_size: channels,
    num_attention_heads: kvHeads * config.queriesPerKvHead,
    num_key_value_heads: kvHeads,
  });
  const headDim = { head_dim: config.headDim };
  if (uniform && first.channels > 0 && first.kvHeads > 0) return { ...rest, ...headDim, ...widths(first) };
  return { ...rest, ...headDim, [LAYER_SHAPES_KEY]: shapes.map(widths) };
}
