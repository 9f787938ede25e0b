import type { Architecture } from './architecture.js';

/** LLaMA 1 to 3.x and everything built alike (SmolLM2, Vicuna, …). */
export const llama: Architecture = {
  modelType: 'llama',
  className: 'LlamaForCausalLM',
  biases: ['q', 'k', 'v', 'o', 'gate', 'up', 'down'],
  queryKeyNorm: false,
  groupGate: 'key-value',
  tiedByDefault: false,
  slidingWindow: () => undefined,
};
