import { activationOf } from '../activation-config.js';
import type { Architecture } from './architecture.js';
import { attentionBiases, llamaDefaults } from './llama.js';

/** Arcee (AFM): an FFN without a gate matrix. */
export const arcee: Architecture = {
  modelType: 'arcee',
  className: 'ArceeForCausalLM',
  demands: { headsDivide: true },
  defaults: {
    ...llamaDefaults,
    hidden_size: 2560,
    intermediate_size: 18_432,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
  },
  traits: (config) => ({
    biases: [
      ...attentionBiases(config, false),
      ...(config.flag('mlp_bias', false) ? (['up', 'down'] as const) : []),
    ],
    activation: activationOf(config, 'hidden_act', 'relu2'),
    gatedFeedForward: false,
  }),
};
