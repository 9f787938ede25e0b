import { allButEvery, layerTypes, mixedLayers, slidingWindow } from '../layer-attention.js';
import { rotaryByLayerType } from '../rotary-by-layer-type.js';
import type { Architecture } from './architecture.js';
import { gemmaDefaults, gemmaTraits } from './gemma2.js';

/** Gemma 3 (Google), the language model: norms of queries and keys, windows in five of six layers. */
export const gemma3Text: Architecture = {
  modelType: 'gemma3_text',
  className: 'Gemma3ForCausalLM',
  demands: { headsDivide: true },
  transformers: { module: 'gemma3', config: 'Gemma3TextConfig', model: 'Gemma3TextModel' },
  multimodal: 'gemma3',
  ignoredInMultimodal: ['final_logit_softcapping'],
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
    const rotary = rotaryByLayerType(config, () => config.number('rope_local_base_freq', 1e4));
    return {
      ...gemmaTraits(config),
      queryKeyNorm: 'head',
      logitCap: config.optional('final_logit_softcapping'),
      attention: mixedLayers(types, slidingWindow(config, 4096), (type) => rotary[type]),
    };
  },
};
