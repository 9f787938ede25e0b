import type { GgufArchitecture } from './architecture.js';
import { LLAMA_PARTS, MLP, QKVO, SILU } from './parts.js';

/** ERNIE 4.5, the dense models: heads rotated in neighbouring pairs. */
export const ernie45: GgufArchitecture = {
  name: 'ernie4_5',
  modelType: 'ernie4_5',
  className: 'Ernie4_5ForCausalLM',
  parts: LLAMA_PARTS,
  activation: SILU,
  biases: QKVO,
  biasFields: { use_bias: [...QKVO, ...MLP] },
};
