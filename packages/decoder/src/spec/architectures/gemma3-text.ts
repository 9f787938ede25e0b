import type { ConfigFields } from '../config-fields.js';
import { allButEvery, layerTypes, mixedLayers, slidingWindow } from '../layer-attention.js';
import { isByLayerType, ropeParameters, rotaryConfig } from '../rotary-config.js';
import type { Architecture } from './architecture.js';
import { gemmaDefaults, gemmaTraits } from './gemma2.js';

/** Layers with a window have a rotary base of their own, and none of the scaling of the others. */
function localRotary(config: ConfigFields) {
  if (isByLayerType(ropeParameters(config.raw))) {
    return rotaryConfig(config, { layerType: 'sliding_attention', theta: 1e4 });
  }
  const theta = config.number('rope_local_base_freq', 1e4);
  return rotaryConfig(config.with({ rope_theta: theta, rope_scaling: null, rope_parameters: null }));
}

/** Gemma 3 (Google), the language model: norms of queries and keys, windows in five of six layers. */
export const gemma3Text: Architecture = {
  modelType: 'gemma3_text',
  className: 'Gemma3ForCausalLM',
  transformers: { module: 'gemma3', config: 'Gemma3TextConfig', model: 'Gemma3TextModel' },
  multimodal: 'gemma3',
  defaults: {
    ...gemmaDefaults,
    vocab_size: 262_208,
    max_position_embeddings: 131_072,
    rope_theta: 1e6,
  },
  traits: (config) => {
    const types = layerTypes(config, (layer) =>
      allButEvery(config.integer('sliding_window_pattern', 6))(layer),
    );
    const [global, local] = [rotaryConfig(config), localRotary(config)];
    return {
      ...gemmaTraits(config),
      queryKeyNorm: 'head',
      logitCap: config.optional('final_logit_softcapping'),
      attention: mixedLayers(types, slidingWindow(config, 4096), (type) =>
        type === 'full_attention' ? global : local,
      ),
    };
  },
};
