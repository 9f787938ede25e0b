import type { ProjectionName } from '../../weights/tensor-names.js';
import { activationOf } from '../activation-config.js';
import type { Architecture } from './architecture.js';
import { llamaDefaults } from './llama.js';

/** Seed-OSS (ByteDance): LLaMA with biases on q, k and v, and a switch for that of o. */
export const seedOss: Architecture = {
  modelType: 'seed_oss',
  className: 'SeedOssForCausalLM',
  defaults: {
    ...llamaDefaults,
    vocab_size: 155_136,
    intermediate_size: 27_648,
    num_hidden_layers: 64,
    num_attention_heads: 80,
    num_key_value_heads: 8,
    head_dim: 128,
    max_position_embeddings: 524_288,
  },
  traits: (config) => {
    const having = (field: string, fallback: boolean, ...biases: ProjectionName[]) =>
      config.flag(field, fallback) ? biases : [];
    return {
      biases: [
        ...having('attention_bias', true, 'q', 'k', 'v'),
        ...having('attention_out_bias', false, 'o'),
        ...having('mlp_bias', false, 'gate', 'up', 'down'),
      ],
      activation: activationOf(config, 'hidden_act', 'silu'),
    };
  },
};
