import { activationOf } from '../activation-config.js';
import { equalLayers } from '../layer-attention.js';
import { rotaryConfig } from '../rotary-config.js';
import type { Architecture } from './architecture.js';
import { llamaDefaults } from './llama.js';

/** ERNIE 4.5 (Baidu), the dense models: heads rotated in neighbouring pairs, one switch for all biases. */
export const ernie45: Architecture = {
  modelType: 'ernie4_5',
  className: 'Ernie4_5ForCausalLM',
  defaults: {
    ...llamaDefaults,
    vocab_size: 103_424,
    hidden_size: 1024,
    intermediate_size: 3072,
    num_hidden_layers: 18,
    num_attention_heads: 16,
    num_key_value_heads: 2,
    head_dim: 128,
    max_position_embeddings: 131_072,
    rms_norm_eps: 1e-5,
    rope_theta: 500_000,
  },
  traits: (config) => ({
    biases: config.flag('use_bias', false) ? ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] : [],
    tiedByDefault: true,
    activation: activationOf(config, 'hidden_act', 'silu'),
    attention: equalLayers(config, undefined, rotaryConfig(config, { interleaved: true })),
  }),
};
