import type { Architecture } from './architecture.js';

/**
 * Qwen3: each head's query and key are normalised. A scale folded into rows of `k_proj` would be divided out
 * again by that norm, whose weight all heads share; so the group gate multiplies the values alone. A gate of 0
 * still removes the group (its output is 0), and any other folds exactly into rows of `v_proj`.
 */
export const qwen3: Architecture = {
  modelType: 'qwen3',
  className: 'Qwen3ForCausalLM',
  biases: ['q', 'k', 'v', 'o'],
  queryKeyNorm: true,
  groupGate: 'value',
  tiedByDefault: false,
  slidingWindow: (raw) =>
    raw.use_sliding_window === true && typeof raw.sliding_window === 'number'
      ? raw.sliding_window
      : undefined,
};
