import type { GgufArchitecture } from './architecture.js';
import { llamaLike } from './llama.js';
import { QKV } from './parts.js';

/** SmolLM3: no positions in every fourth layer, which no metadata say. */
export const smollm3: GgufArchitecture = {
  ...llamaLike,
  name: 'smollm3',
  modelType: 'smollm3',
  className: 'SmolLM3ForCausalLM',
  biases: QKV,
  rope: {},
  config: () => ({ no_rope_layer_interval: 4, use_sliding_window: false }),
};
