import type { Architecture } from './architecture.js';
import { llamaDefaults } from './llama.js';

/** Mistral: LLaMA's layers; attention may be limited to a window, within which it is LLaMA's. */
export const mistral: Architecture = {
  modelType: 'mistral',
  className: 'MistralForCausalLM',
  biases: () => [],
  queryKeyNorm: false,
  groupGate: 'key-value',
  tiedByDefault: false,
  slidingWindow: ({ sliding_window: window = 4096 }) => window ?? undefined,
  defaults: {
    ...llamaDefaults,
    intermediate_size: 14_336,
    num_key_value_heads: 8,
    max_position_embeddings: 131_072,
  },
};
