import type { Architecture } from './architecture.js';
import { qwenDefaults, qwenWindow } from './qwen.js';

/**
 * Qwen3: each head's query and key are normalised. A scale folded into rows of `k_proj` would be divided out
 * again by that norm, whose weight all heads share; so the group gate multiplies the values alone. A gate of 0
 * still removes the group (its output is 0), and any other folds exactly into rows of `v_proj`.
 */
export const qwen3: Architecture = {
  modelType: 'qwen3',
  className: 'Qwen3ForCausalLM',
  biases: (raw) => (raw.attention_bias === true ? ['q', 'k', 'v', 'o'] : []),
  queryKeyNorm: true,
  groupGate: 'value',
  tiedByDefault: false,
  slidingWindow: qwenWindow,
  defaults: { ...qwenDefaults, head_dim: 128 },
};
