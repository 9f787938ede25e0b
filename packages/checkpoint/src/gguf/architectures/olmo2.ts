import type { GgufArchitecture } from './architecture.js';
import { ATTENTION, FEED_FORWARD, HEAD_NORMS, POST_NORMS, QKV, QKVO, SILU } from './parts.js';

/** OLMo 2, and OLMo 3 if there are windows: norms after the sublayers, one norm over the queries, or keys, of all heads. */
export const olmo2: GgufArchitecture = {
  name: 'olmo2',
  modelType: 'olmo2',
  className: 'Olmo2ForCausalLM',
  alsoHolds: ['olmo3'],
  parts: { ...ATTENTION, ...HEAD_NORMS, ...POST_NORMS, ...FEED_FORWARD },
  activation: SILU,
  spanning: true,
  head: 'own',
  biases: QKV,
  biasFields: { attention_bias: QKVO },
  windows: { period: 4 },
  config: ({ window }) =>
    window === undefined ? {} : { model_type: 'olmo3', architectures: ['Olmo3ForCausalLM'] },
};
