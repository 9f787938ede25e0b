import type { GgufArchitecture } from './architecture.js';
import { llama } from './llama.js';
import { QKV } from './parts.js';

/** SmolLM3: no positions in every fourth layer, which no metadata say. */
export const smollm3: GgufArchitecture = {
  ...llama,
  name: 'smollm3',
  modelType: 'smollm3',
  className: 'SmolLM3ForCausalLM',
  alsoHolds: [],
  biases: QKV,
  rope: {},
  config: () => ({ no_rope_layer_interval: 4, use_sliding_window: false }),
};
