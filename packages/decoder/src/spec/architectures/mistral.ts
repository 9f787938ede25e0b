import type { Architecture } from './architecture.js';

/** Mistral: LLaMA's layers; attention may be limited to a window, within which it is LLaMA's. */
export const mistral: Architecture = {
  modelType: 'mistral',
  className: 'MistralForCausalLM',
  biases: [],
  queryKeyNorm: false,
  groupGate: 'key-value',
  tiedByDefault: false,
  slidingWindow: (raw) => (typeof raw.sliding_window === 'number' ? raw.sliding_window : undefined),
};
