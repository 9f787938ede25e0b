import { activationOf } from '../activation-config.js';
import { layerTypes, mixedLayers, slidingWindow } from '../layer-attention.js';
import { rotaryConfig } from '../rotary-config.js';
import type { Architecture } from './architecture.js';
import { mistral } from './mistral.js';

/** Ministral: Mistral with windows in some layers. */
export const ministral: Architecture = {
  modelType: 'ministral',
  className: 'MinistralForCausalLM',
  takes: ({ model_type: type, layer_types: types }) => type === 'mistral' && Array.isArray(types),
  defaults: mistral.defaults,
  traits: (config) => {
    const window = slidingWindow(config, 4096);
    const rotary = rotaryConfig(config);
    const types = layerTypes(config, () => window !== undefined);
    return {
      activation: activationOf(config, 'hidden_act', 'silu'),
      attention: mixedLayers(types, window, () => rotary),
    };
  },
};
