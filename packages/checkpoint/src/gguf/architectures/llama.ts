import type { GgufArchitecture } from './architecture.js';
import { LLAMA_PARTS, MLP, QKVO, SILU } from './parts.js';

/** LLaMA, and everything that llama.cpp computes alike: Mistral, and Qwen2 or Seed-OSS of other widths. */
export const llama: GgufArchitecture = {
  name: 'llama',
  modelType: 'llama',
  className: 'LlamaForCausalLM',
  alsoHolds: ['mistral', 'ministral', 'qwen2', 'seed_oss'],
  parts: LLAMA_PARTS,
  activation: SILU,
  pairedRows: true,
  biases: [...QKVO, ...MLP],
  biasFields: { attention_bias: QKVO, mlp_bias: MLP },
  rope: { factors: true, longrope: true },
};

/** llama.cpp's LLaMA whose layers may differ in width. */
export const deci: GgufArchitecture = {
  ...llama,
  name: 'deci',
  byLayer: ['channels', 'heads'],
  withoutAttention: true,
};
