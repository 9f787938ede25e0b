import { activationOf } from '../activation-config.js';
import { equalLayers } from '../layer-attention.js';
import { rotaryConfig } from '../rotary-config.js';
import type { Architecture } from './architecture.js';
import { llamaDefaults } from './llama.js';

/** GLM-4 (2025): norms before and after each sublayer, half of each head rotated in neighbouring pairs. */
export const glm4: Architecture = {
  modelType: 'glm4',
  className: 'Glm4ForCausalLM',
  defaults: {
    ...llamaDefaults,
    vocab_size: 151_552,
    intermediate_size: 13_696,
    num_hidden_layers: 40,
    num_key_value_heads: 2,
    head_dim: 128,
    max_position_embeddings: 131_072,
    rms_norm_eps: 1.5625e-7,
  },
  traits: (config) => ({
    biases: config.flag('attention_bias', true) ? ['q', 'k', 'v'] : [],
    norms: {
      attention: { pre: 'input_layernorm', post: 'post_self_attn_layernorm' },
      feedForward: { pre: 'post_attention_layernorm', post: 'post_mlp_layernorm' },
    },
    activation: activationOf(config, 'hidden_act', 'silu'),
    attention: equalLayers(config, undefined, rotaryConfig(config, { partial: 0.5, interleaved: true })),
    fused: [{ name: 'mlp.gate_up_proj', parts: ['gate', 'up'] }],
  }),
};
