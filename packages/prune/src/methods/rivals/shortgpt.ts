import { blockInfluence } from '../measures/block-influence.js';
import type { ScoringMethod } from '../pruning-method.js';

/**
 * ShortGPT: whole layers, those with the least block influence first (arXiv 2403.03853, equation 1). All units of a layer
 * have its score, so an exact budget keeps one layer in part. Whole removal needs `projection.minimum` 0.
 */
export const shortGpt: ScoringMethod = {
  name: 'shortgpt',
  needs: 'activations',
  async score({ model, batches }) {
    const influence = await blockInfluence(model.under(), batches);
    const scores = new Float32Array(model.layout.size);
    for (const { layer, start, count } of model.layout.blocks)
      scores.fill(influence[layer]!, start, start + count);
    return scores;
  },
};
