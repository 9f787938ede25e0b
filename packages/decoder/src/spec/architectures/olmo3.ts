import type { ConfigFields } from '../config-fields.js';
import { allButEvery, layerTypes, mixedLayers, slidingWindow } from '../layer-attention.js';
import { isByLayerType, ropeParameters, rotaryConfig } from '../rotary-config.js';
import type { Architecture } from './architecture.js';
import { olmo2 } from './olmo2.js';

/** Layers with a window have the base of the others, without their scaling. */
function localRotary(config: ConfigFields) {
  const parameters = ropeParameters(config.raw);
  if (isByLayerType(parameters)) return rotaryConfig(config, { layerType: 'sliding_attention' });
  const { rope_theta: theta = parameters.rope_theta } = config.raw;
  return rotaryConfig(config.with({ rope_theta: theta, rope_scaling: null, rope_parameters: null }));
}

/** OLMo 3 (Ai2): OLMo 2 with windows in three of four layers. */
export const olmo3: Architecture = {
  modelType: 'olmo3',
  className: 'Olmo3ForCausalLM',
  defaults: { ...olmo2.defaults, rope_theta: 500_000 },
  traits: (config) => {
    const types = layerTypes(config, allButEvery(4));
    const [full, local] = [rotaryConfig(config), localRotary(config)];
    return {
      ...olmo2.traits(config),
      attention: mixedLayers(types, slidingWindow(config, 4096), (type) =>
        type === 'full_attention' ? full : local,
      ),
    };
  },
};
