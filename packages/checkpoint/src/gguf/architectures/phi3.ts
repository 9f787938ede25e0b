import type { GgufArchitecture } from './architecture.js';
import { ATTENTION, FUSED_FEED_FORWARD, FUSED_QKV, NORMS, SILU } from './parts.js';

/** Phi-3, Phi-3.5 and Phi-4-mini. llama.cpp ignores their windows. */
export const phi3: GgufArchitecture = {
  name: 'phi3',
  modelType: 'phi3',
  className: 'Phi3ForCausalLM',
  parts: { ...NORMS, ...FUSED_QKV, attn_output: ATTENTION.attn_output, ...FUSED_FEED_FORWARD },
  activation: SILU,
  biases: [],
  biasFields: {},
  spanning: true,
  rope: { longrope: true, partial: true },
  config: () => ({ sliding_window: null }),
};
