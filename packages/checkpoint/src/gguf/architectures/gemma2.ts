import { MODEL } from '../keys.js';
import type { GgufArchitecture, GgufSizes } from './architecture.js';
import { ATTENTION, FEED_FORWARD, NORMS, POST_NORMS, QKV, QKVO } from './parts.js';

/** Gemma's norms before and after both sublayers. */
export const GEMMA_PARTS = {
  attn_norm: NORMS.attn_norm,
  ...ATTENTION,
  ...POST_NORMS,
  ffn_norm: 'pre_feedforward_layernorm',
  ...FEED_FORWARD,
} as const;

/** The factor on attention's scores, which llama.cpp knows by the number of layers: it differs in the largest model. */
export const queryScalar = (largest: number) => (sizes: GgufSizes) => ({
  query_pre_attn_scalar:
    sizes.layers === largest ? Math.floor(sizes.hiddenSize / sizes.heads) : sizes.headDim,
});

/** Gemma 2: soft caps on scores and logits, a window in every other layer. */
export const gemma2: GgufArchitecture = {
  name: 'gemma2',
  modelType: 'gemma2',
  className: 'Gemma2ForCausalLM',
  parts: GEMMA_PARTS,
  activation: ['hidden_activation', 'gelu_pytorch_tanh'],
  normOffset: 1,
  head: 'tied',
  biases: QKV,
  biasFields: { attention_bias: QKVO },
  windows: { period: 2, absent: 4096 },
  numbers: [
    { key: MODEL.attentionCap, field: 'attn_logit_softcapping', absent: 50 },
    { key: MODEL.logitCap, field: 'final_logit_softcapping', absent: 30 },
  ],
  config: queryScalar(46),
};
