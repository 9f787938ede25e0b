import type { DecoderConfig, LayerShape } from '@grasp/decoder';

/** The widths of a layer, by their names in config.json. */
export interface LayerWidths {
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
}

export function layerWidths({ headsPerGroup }: DecoderConfig, { channels, groups }: LayerShape): LayerWidths {
  return {
    intermediate_size: channels,
    num_attention_heads: groups * headsPerGroup,
    num_key_value_heads: groups,
  };
}

/** Whether all layers have the same widths, none of them 0, as every runtime expects. */
export function hasOneShape({ layers }: DecoderConfig): boolean {
  const { channels, groups } = layers[0]!;
  return (
    channels > 0 &&
    groups > 0 &&
    layers.every((layer) => layer.channels === channels && layer.groups === groups)
  );
}
