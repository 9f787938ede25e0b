import { MODEL } from '../keys.js';
import type { GgufArchitecture } from './architecture.js';
import { llamaLike } from './llama.js';

/** Ministral 3, whose queries grow with their position, and Mistral Small 3, whose queries do not. */
export const mistral3: GgufArchitecture = {
  ...llamaLike,
  name: 'mistral3',
  modelType: 'ministral3',
  className: 'Ministral3ForCausalLM',
  alsoHolds: ['mistral'],
  rope: { ...llamaLike.rope, betas: true, queryScale: true },
  biasFields: {},
  config: ({ has }) => ({
    sliding_window: null,
    ...(has(MODEL.temperatureScale) ? {} : { model_type: 'mistral', architectures: ['MistralForCausalLM'] }),
  }),
};
