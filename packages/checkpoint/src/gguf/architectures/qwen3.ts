import type { GgufArchitecture } from './architecture.js';
import {
  ATTENTION,
  FEED_FORWARD,
  FUSED_QKV,
  HEAD_NORMS,
  LLAMA_PARTS,
  NORMS,
  QKV,
  QKVO,
  SILU,
} from './parts.js';

/** Qwen3: each head's query and key are normalised. */
export const qwen3: GgufArchitecture = {
  name: 'qwen3',
  modelType: 'qwen3',
  className: 'Qwen3ForCausalLM',
  parts: { ...LLAMA_PARTS, ...HEAD_NORMS },
  activation: SILU,
  biases: QKV,
  biasFields: { attention_bias: QKVO },
};

/** OpenELM, whose layers may differ in width, computes what Qwen3 with a tied head does. */
export const openelm: GgufArchitecture = {
  ...qwen3,
  name: 'openelm',
  parts: { ...NORMS, ...FUSED_QKV, ...HEAD_NORMS, attn_output: ATTENTION.attn_output, ...FEED_FORWARD },
  head: 'tied',
  biases: [],
  byLayer: ['channels', 'heads'],
};
