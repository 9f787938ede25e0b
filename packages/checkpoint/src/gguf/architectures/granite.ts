import { MODEL } from '../keys.js';
import type { GgufArchitecture } from './architecture.js';
import { llamaLike } from './llama.js';

/** Granite 3: LLaMA with factors on embeddings, scores, sublayers and logits. */
export const granite: GgufArchitecture = {
  ...llamaLike,
  name: 'granite',
  modelType: 'granite',
  className: 'GraniteForCausalLM',
  numbers: [
    { key: MODEL.embeddingScale, field: 'embedding_multiplier', absent: 1 },
    { key: MODEL.attentionScale, field: 'attention_multiplier', absent: ({ headDim }) => headDim ** -0.5 },
    { key: MODEL.residualScale, field: 'residual_multiplier', absent: 1 },
    { key: MODEL.logitScale, field: 'logits_scaling', absent: 1 },
  ],
};
