import type { GgufArchitecture } from './architecture.js';
import { ATTENTION, FUSED_FEED_FORWARD, NORMS, QKV, SILU } from './parts.js';

/** GLM-4 (2025): norms before and after each sublayer, a part of each head rotated in neighbouring pairs. */
export const glm4: GgufArchitecture = {
  name: 'glm4',
  modelType: 'glm4',
  className: 'Glm4ForCausalLM',
  parts: {
    attn_norm: NORMS.attn_norm,
    ...ATTENTION,
    post_attention_norm: 'post_self_attn_layernorm',
    ffn_norm: NORMS.ffn_norm,
    ...FUSED_FEED_FORWARD,
    post_ffw_norm: 'post_mlp_layernorm',
  },
  activation: SILU,
  biases: QKV,
  biasFields: { attention_bias: QKV },
  rope: { partial: true },
};
