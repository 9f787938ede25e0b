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
};

/** LLaMA 1 to 3.x and everything built alike (SmolLM2, Vicuna, …). */
export const llama: Architecture = {
  modelType: 'llama',
  className: 'LlamaForCausalLM',
  biases: (raw) => [
    ...(raw.attention_bias === true ? (['q', 'k', 'v', 'o'] as const) : []),
    ...(raw.mlp_bias === true ? (['gate', 'up', 'down'] as const) : []),
  ],
  queryKeyNorm: false,
  groupGate: 'key-value',
  tiedByDefault: false,
  slidingWindow: () => undefined,
};
