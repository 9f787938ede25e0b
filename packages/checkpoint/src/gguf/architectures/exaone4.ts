import type { GgufArchitecture } from './architecture.js';
import { ATTENTION, FEED_FORWARD, HEAD_NORMS, POST_NORMS, QKV, SILU } from './parts.js';

/** EXAONE 4: norms after the sublayers. Windows, and layers without positions, in the model of 64 layers alone. */
export const exaone4: GgufArchitecture = {
  name: 'exaone4',
  modelType: 'exaone4',
  className: 'Exaone4ForCausalLM',
  parts: { ...ATTENTION, ...HEAD_NORMS, ...POST_NORMS, ...FEED_FORWARD },
  activation: SILU,
  spanning: true,
  biases: QKV,
  biasFields: {},
  windows: { period: 4, absent: 4096, onlyWithLayers: 64 },
  rope: { factors: true },
};
