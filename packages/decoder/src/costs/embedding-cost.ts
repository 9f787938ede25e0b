import { type LayerCost, NOTHING_SAVED, type PassCost } from './layer-cost.js';

/** The shape of the embedding and of the language head. */
export interface VocabularyShape {
  readonly hiddenSize: number;
  readonly vocabSize: number;
}

/** The embedding reads rows of its matrix: it multiplies nothing, and it is frozen. */
export function embeddingCost({ hiddenSize, vocabSize }: VocabularyShape): LayerCost {
  const free = (): PassCost => ({ operations: {}, saved: NOTHING_SAVED, transient: 0 });
  return {
    parameters: { matrices: vocabSize * hiddenSize, norms: 0 },
    matrices: {},
    kvCache: () => 0,
    forward: free,
    forwardSaving: free,
    backward: free,
  };
}
