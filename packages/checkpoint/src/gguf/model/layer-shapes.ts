import { CheckpointFormatError, CheckpointUnsupportedError } from '../../errors.js';
import type { GgufArchitecture } from '../architectures/architecture.js';
import type { GgufMetadata } from '../header/metadata.js';
import { MODEL, modelKey } from '../keys.js';

/** A layer's widths, by their names in config.json. 0 if the layer has no such part. */
export interface GgufLayerShape {
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
}

/**
 * The widths of each layer, and the largest of each. The metadata have one number for all layers, or a list. Without a number
 * of KV heads, there are as many as heads.
 *
 * @throws CheckpointFormatError; CheckpointUnsupportedError for a layer that has a matrix in place of attention
 */
export function ggufLayerShapes(
  metadata: GgufMetadata,
  { name: arch }: Pick<GgufArchitecture, 'name'>,
  layers: number,
): { readonly shapes: readonly GgufLayerShape[]; readonly widest: GgufLayerShape; readonly equal: boolean } {
  const list = (name: Parameters<typeof modelKey>[1], fallback?: readonly number[]) => {
    const key = modelKey(arch, name);
    const values = metadata.each(key, layers) ?? fallback;
    if (values?.every((value) => Number.isSafeInteger(value) && value >= 0)) return values;
    throw new CheckpointFormatError(metadata.file, `its metadata ${key} is missing or not a list of sizes`);
  };
  const channels = list(MODEL.channels);
  const heads = list(MODEL.heads);
  const kvHeads = list(MODEL.kvHeads, heads);
  const shapes = channels.map((count, layer) => {
    if (heads[layer]! > 0 && kvHeads[layer] === 0) {
      const what = `layer ${layer}, which has a matrix in place of its attention,`;
      throw new CheckpointUnsupportedError(metadata.file, what);
    }
    return {
      intermediate_size: count,
      num_attention_heads: heads[layer]!,
      num_key_value_heads: kvHeads[layer]!,
    };
  });
  if ([channels, heads].some((values) => values.every((value) => value === 0))) {
    throw new CheckpointFormatError(metadata.file, 'its layers have no heads or no FFN channels');
  }
  const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    shapes,
    widest: {
      intermediate_size: most(channels),
      num_attention_heads: most(heads),
      num_key_value_heads: most(kvHeads),
    },
    equal: [channels, heads, kvHeads].every((values) => values.every((value) => value === values[0])),
  };
}
