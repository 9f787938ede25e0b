import type { Architecture } from './architecture.js';
import { qwenDefaults, qwenWindow } from './qwen.js';

/** Qwen2 and 2.5: biases on q, k and v, which the fold scales with their rows. */
export const qwen2: Architecture = {
  modelType: 'qwen2',
  className: 'Qwen2ForCausalLM',
  biases: () => ['q', 'k', 'v'],
  queryKeyNorm: false,
  groupGate: 'key-value',
  tiedByDefault: false,
  slidingWindow: qwenWindow,
  defaults: qwenDefaults,
};
