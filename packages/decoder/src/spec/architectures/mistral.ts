import { activationOf } from '../activation-config.js';
import { equalLayers, slidingWindow } from '../layer-attention.js';
import type { Architecture } from './architecture.js';
import { llamaDefaults } from './llama.js';

/** Mistral: one window for all layers. */
export const mistral: Architecture = {
  modelType: 'mistral',
  className: 'MistralForCausalLM',
  defaults: {
    ...llamaDefaults,
    intermediate_size: 14_336,
    num_key_value_heads: 8,
    max_position_embeddings: 131_072,
  },
  traits: (config) => ({
    activation: activationOf(config, 'hidden_act', 'silu'),
    attention: equalLayers(config, slidingWindow(config, 4096)),
  }),
};
