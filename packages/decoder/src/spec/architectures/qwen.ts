import type { ConfigDefaults } from './architecture.js';

/** The defaults of transformers' `Qwen2Config`, which `Qwen3Config` shares except for the size of a head. */
export const qwenDefaults: ConfigDefaults = {
  vocab_size: 151_936,
  hidden_size: 4096,
  intermediate_size: 22_016,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  head_dim: null,
  max_position_embeddings: 32_768,
};

/** `sliding_window` if it is in use: in the layers that `layer_types` names, or in those from `max_window_layers` on. */
export function qwenWindow(raw: Readonly<Record<string, unknown>>): unknown {
  const { use_sliding_window: used, sliding_window: window = 4096, layer_types: types } = raw;
  if (used !== true || window === null) return undefined;
  const { max_window_layers: full = 28, num_hidden_layers: layers = qwenDefaults.num_hidden_layers } = raw;
  const slides = Array.isArray(types) ? types.includes('sliding_attention') : Number(layers) > Number(full);
  return slides ? window : undefined;
}
