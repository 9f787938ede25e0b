import { activationOf } from '../activation-config.js';
import type { ConfigFields } from '../config-fields.js';
import { type LayerAttention, layerTypes, mixedLayers, slidingWindow } from '../layer-attention.js';
import { rotaryConfig } from '../rotary-config.js';
import type { Architecture } from './architecture.js';
import { llamaDefaults } from './llama.js';

/** A window, if one is used, in the layers of `layer_types`, or else from `max_window_layers` on. */
export function qwenAttention(config: ConfigFields): LayerAttention[] {
  const window = config.flag('use_sliding_window', false) ? slidingWindow(config, 4096) : undefined;
  const types = layerTypes(
    config,
    (layer) => window !== undefined && layer >= config.count('max_window_layers', 28),
  );
  const rotary = rotaryConfig(config);
  return mixedLayers(types, window, () => rotary);
}

/** Qwen2 and 2.5: biases on q, k and v, which the fold scales with their rows. */
export const qwen2: Architecture = {
  modelType: 'qwen2',
  className: 'Qwen2ForCausalLM',
  defaults: {
    ...llamaDefaults,
    vocab_size: 151_936,
    intermediate_size: 22_016,
    num_key_value_heads: 32,
    max_position_embeddings: 32_768,
  },
  traits: (config) => ({
    biases: ['q', 'k', 'v'],
    activation: activationOf(config, 'hidden_act', 'silu'),
    attention: qwenAttention(config),
  }),
};
