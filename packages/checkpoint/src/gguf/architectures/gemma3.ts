import { MODEL } from '../keys.js';
import type { GgufArchitecture } from './architecture.js';
import { GEMMA_PARTS, gemma2, queryScalar } from './gemma2.js';
import { HEAD_NORMS } from './parts.js';

/** Gemma 3, the language model: norms of queries and keys, windows with a base of their own in five of six layers. */
export const gemma3: GgufArchitecture = {
  name: 'gemma3',
  modelType: 'gemma3_text',
  className: 'Gemma3ForCausalLM',
  parts: { ...GEMMA_PARTS, ...HEAD_NORMS },
  activation: gemma2.activation,
  normOffset: 1,
  biases: gemma2.biases,
  biasFields: gemma2.biasFields,
  windows: { period: 6 },
  numbers: [
    { key: MODEL.ropeThetaLocal, field: 'rope_local_base_freq', absent: 10_000 },
    { key: MODEL.logitCap, field: 'final_logit_softcapping', absent: null },
  ],
  config: queryScalar(62),
};
