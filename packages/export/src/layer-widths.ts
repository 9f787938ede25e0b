import type { DecoderConfig, LayerShape } from '@grasp/decoder';

/** The widths of a layer, by their names in config.json. */
export interface LayerWidths {
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
}

export function layerWidths(
  { queriesPerKvHead }: DecoderConfig,
  { channels, kvHeads }: LayerShape,
): LayerWidths {
  return {
    intermediate_size: channels,
    num_attention_heads: kvHeads * queriesPerKvHead,
    num_key_value_heads: kvHeads,
  };
}

/** Whether all layers have the same widths, none of them 0, as every runtime expects. */
export function hasOneShape({ layers }: DecoderConfig): boolean {
  const { channels, kvHeads } = layers[0]!;
  return (
    channels > 0 &&
    kvHeads > 0 &&
    layers.every((layer) => layer.channels === channels && layer.kvHeads === kvHeads)
  );
}
