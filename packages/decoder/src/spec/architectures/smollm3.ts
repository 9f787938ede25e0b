import { activationOf } from '../activation-config.js';
import { allButEvery, layerTypes, slidingWindow } from '../layer-attention.js';
import { rotaryConfig } from '../rotary-config.js';
import type { Architecture } from './architecture.js';
import { llamaBiases, llamaDefaults } from './llama.js';

/** SmolLM3: no positions in some layers, every fourth by default. */
export const smollm3: Architecture = {
  modelType: 'smollm3',
  className: 'SmolLM3ForCausalLM',
  defaults: {
    ...llamaDefaults,
    vocab_size: 128_256,
    hidden_size: 2048,
    num_hidden_layers: 36,
    num_attention_heads: 16,
    num_key_value_heads: 4,
    max_position_embeddings: 32_768,
    rope_theta: 2e6,
  },
  traits: (config) => {
    const byInterval = allButEvery(config.integer('no_rope_layer_interval', 4));
    const stated = config.perLayer('no_rope_layers', { longer: true }); // 1 means rotary, 0 none
    const rotates = (layer: number) => (stated ? Number(stated[layer]) !== 0 : byInterval(layer));
    const used = config.flag('use_sliding_window', false);
    const window = slidingWindow(config);
    const types = layerTypes(config, (layer) => used && window !== undefined && !rotates(layer));
    const rotary = rotaryConfig(config);
    return {
      biases: llamaBiases(config),
      tiedByDefault: true,
      activation: activationOf(config, 'hidden_act', 'silu'),
      attention: types.map((type, layer) => ({
        window: type === 'sliding_attention' ? window : undefined,
        rotary: rotates(layer) ? rotary : undefined,
      })),
    };
  },
};
