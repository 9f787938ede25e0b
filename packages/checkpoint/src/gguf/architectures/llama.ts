import type { GgufArchitecture } from './architecture.js';
import { LLAMA_PARTS, MLP, QKV, QKVO, SILU } from './parts.js';

/** What architectures that are like LLaMA start from. */
export const llamaLike: GgufArchitecture = {
  name: 'llama',
  modelType: 'llama',
  className: 'LlamaForCausalLM',
  parts: LLAMA_PARTS,
  activation: SILU,
  pairedRows: true,
  biases: [...QKVO, ...MLP],
  biasFields: { attention_bias: QKVO, mlp_bias: MLP },
  rope: { factors: true, longrope: true },
};

/**
 * LLaMA, and everything that llama.cpp computes alike: Mistral, and Qwen2 or Seed-OSS of other widths. LLaMA's config.json has
 * one field for the biases of q, k, v and o, so a file with the first three is a Seed-OSS, which has a field for that of o.
 */
export const llama: GgufArchitecture = {
  ...llamaLike,
  alsoHolds: ['mistral', 'ministral', 'qwen2', 'seed_oss'],
  config: ({ hasBias }) =>
    QKV.some(hasBias) && !['o_proj', ...MLP].some(hasBias)
      ? { model_type: 'seed_oss', architectures: ['SeedOssForCausalLM'], attention_out_bias: false }
      : {},
};

/** llama.cpp's LLaMA whose layers may differ in width. */
export const deci: GgufArchitecture = {
  ...llama,
  name: 'deci',
  byLayer: ['channels', 'heads'],
  withoutAttention: true,
};
