import { activationOf } from '../activation-config.js';
import type { Architecture } from './architecture.js';
import { attentionBiases } from './llama.js';
import { qwen2, qwenAttention } from './qwen2.js';

/** Qwen3: each head's query and key are normalised. */
export const qwen3: Architecture = {
  modelType: 'qwen3',
  className: 'Qwen3ForCausalLM',
  defaults: { ...qwen2.defaults, head_dim: 128 },
  traits: (config) => ({
    biases: attentionBiases(config, false),
    activation: activationOf(config, 'hidden_act', 'silu'),
    queryKeyNorm: 'head',
    attention: qwenAttention(config),
  }),
};
