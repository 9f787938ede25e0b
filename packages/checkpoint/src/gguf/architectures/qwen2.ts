import type { GgufArchitecture } from './architecture.js';
import { LLAMA_PARTS, QKV, QKVO, SILU } from './parts.js';

/** Qwen2 and 2.5. */
export const qwen2: GgufArchitecture = {
  name: 'qwen2',
  modelType: 'qwen2',
  className: 'Qwen2ForCausalLM',
  parts: LLAMA_PARTS,
  activation: SILU,
  spanning: true,
  biases: QKV,
  biasFields: { attention_bias: QKVO },
};
