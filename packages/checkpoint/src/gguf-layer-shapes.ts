import { CheckpointFormatError, CheckpointUnsupportedError } from './errors.js';
import type { GgufMetadata } from './gguf-metadata.js';

/** A layer's widths, under the names that config.json has for them. 0 where the layer has no such part. */
export interface GgufLayerShape {
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
}

/**
 * Each layer's widths, and the widest of each, of an architecture whose metadata may list them by layer.
 *
 * @throws CheckpointUnsupportedError for a layer whose attention is something else.
 */
export function ggufLayerShapes(
  metadata: GgufMetadata,
  arch: string,
  layers: number,
): { readonly shapes: readonly GgufLayerShape[]; readonly widest: GgufLayerShape; readonly equal: boolean } {
  const list = (key: string) => {
    const values = metadata.each(`${arch}.${key}`, layers);
    if (values?.every((value) => Number.isSafeInteger(value) && value >= 0)) return values;
    throw new CheckpointFormatError(
      metadata.file,
      `its metadata ${arch}.${key} is missing or not a list of sizes`,
    );
  };
  const channels = list('feed_forward_length');
  const heads = list('attention.head_count');
  const kvHeads = list('attention.head_count_kv');
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
