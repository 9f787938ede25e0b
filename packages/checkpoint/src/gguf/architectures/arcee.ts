import type { GgufArchitecture } from './architecture.js';
import { ATTENTION, FEED_FORWARD, NORMS, QKV, QKVO } from './parts.js';

/** Arcee (AFM): an FFN without a gate matrix. */
export const arcee: GgufArchitecture = {
  name: 'arcee',
  modelType: 'arcee',
  className: 'ArceeForCausalLM',
  parts: { ...NORMS, ...ATTENTION, ffn_up: FEED_FORWARD.ffn_up, ffn_down: FEED_FORWARD.ffn_down },
  activation: ['hidden_act', 'relu2'],
  pairedRows: true,
  biases: QKV,
  biasFields: { attention_bias: QKVO, mlp_bias: ['up_proj', 'down_proj'] },
  rope: { factors: true },
};
