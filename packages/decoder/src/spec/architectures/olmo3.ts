import { allButEvery, layerTypes, mixedLayers, slidingWindow } from '../layer-attention.js';
import { rotaryByLayerType } from '../rotary-by-layer-type.js';
import type { Architecture } from './architecture.js';
import { olmo2 } from './olmo2.js';

/** OLMo 3 (Ai2): OLMo 2 with windows in three of four layers. */
export const olmo3: Architecture = {
  modelType: 'olmo3',
  className: 'Olmo3ForCausalLM',
  demands: { baseByLayerType: true },
  defaults: { ...olmo2.defaults, rope_theta: 500_000 },
  traits: (config) => {
    const types = layerTypes(config, allButEvery(4));
    // Layers with a window have the base of the others, without their scaling. In settings by layer type, transformers 5 gives
    // `rope_theta` to the others alone.
    const rotary = rotaryByLayerType(config, (byLayerType) =>
      byLayerType ? undefined : config.number('rope_theta', config.ropeTheta),
    );
    return {
      ...olmo2.traits(config),
      attention: mixedLayers(types, slidingWindow(config, 4096), (type) => rotary[type]),
    };
  },
};
