import type { ProjectionName } from '../../weights/tensor-names.js';
import { activationOf } from '../activation-config.js';
import type { ConfigFields } from '../config-fields.js';
import type { Architecture, ConfigDefaults } from './architecture.js';

/** The defaults of transformers' `LlamaConfig`. */
export const llamaDefaults: ConfigDefaults = {
  vocab_size: 32_000,
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: null,
  head_dim: null,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
};

/** The biases of LLaMA's layers: all of attention, or all of the FFN. */
export function llamaBiases(config: ConfigFields): ProjectionName[] {
  return [...attentionBiases(config, false), ...(config.flag('mlp_bias', false) ? FFN : [])];
}

/** Biases of all attention's projections if `attention_bias` says so. */
export function attentionBiases(config: ConfigFields, fallback: boolean): readonly ProjectionName[] {
  return config.flag('attention_bias', fallback) ? ['q', 'k', 'v', 'o'] : [];
}

const FFN: readonly ProjectionName[] = ['gate', 'up', 'down'];

/** LLaMA 1 to 3.x and everything built alike (SmolLM2, Vicuna, …). */
export const llama: Architecture = {
  modelType: 'llama',
  className: 'LlamaForCausalLM',
  demands: { headsDivide: true },
  defaults: llamaDefaults,
  traits: (config) => ({
    biases: llamaBiases(config),
    activation: activationOf(config, 'hidden_act', 'silu'),
  }),
};
