import type { GgufArchitecture } from './architecture.js';
import { LLAMA_PARTS, NORMS, QKV, SILU } from './parts.js';

const { ffn_norm, ...OTHER_PARTS } = LLAMA_PARTS;

/** Seed-OSS: LLaMA with biases on q, k and v. */
export const seedOss: GgufArchitecture = {
  name: 'seed_oss',
  modelType: 'seed_oss',
  className: 'SeedOssForCausalLM',
  parts: { ...OTHER_PARTS, post_attention_norm: NORMS.ffn_norm },
  activation: SILU,
  biases: QKV,
  biasFields: { attention_bias: QKV, attention_out_bias: ['o_proj'] },
};
