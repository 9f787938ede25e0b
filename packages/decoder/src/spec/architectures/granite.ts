import { activationOf } from '../activation-config.js';
import type { Architecture } from './architecture.js';
import { llamaBiases, llamaDefaults } from './llama.js';

/** Granite 3 (IBM): LLaMA with factors on embeddings, scores, sublayers and logits. */
export const granite: Architecture = {
  modelType: 'granite',
  className: 'GraniteForCausalLM',
  defaults: llamaDefaults,
  traits: (config) => ({
    biases: llamaBiases(config),
    activation: activationOf(config, 'hidden_act', 'silu'),
    embeddingScale: config.number('embedding_multiplier', 1),
    attentionScale: config.number('attention_multiplier', 1),
    residualScale: config.number('residual_multiplier', 1),
    logitScale: 1 / config.number('logits_scaling', 1),
  }),
};
