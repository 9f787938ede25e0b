import { activationOf } from '../activation-config.js';
import { allButEvery, layerTypes, mixedLayers, slidingWindow } from '../layer-attention.js';
import { rotaryConfig } from '../rotary-config.js';
import type { Architecture } from './architecture.js';
import { llamaDefaults } from './llama.js';
import { POST_NORMS } from './olmo2.js';

/** EXAONE 4 (LG): norms after the sublayers, windows in three of four layers, and no positions in the others. */
export const exaone4: Architecture = {
  modelType: 'exaone4',
  className: 'Exaone4ForCausalLM',
  defaults: {
    ...llamaDefaults,
    vocab_size: 102_400,
    intermediate_size: 16_384,
    num_key_value_heads: 32,
    rms_norm_eps: 1e-5,
  },
  traits: (config) => {
    const window = slidingWindow(config, 4096);
    const types = layerTypes(config, (layer) =>
      allButEvery(config.integer('sliding_window_pattern', 4))(layer),
    );
    const rotary = rotaryConfig(config);
    return {
      norms: POST_NORMS,
      queryKeyNorm: 'head',
      activation: activationOf(config, 'hidden_act', 'silu'),
      attention: mixedLayers(types, window, (type) =>
        window === undefined || type === 'sliding_attention' ? rotary : undefined,
      ),
    };
  },
};
