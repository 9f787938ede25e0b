/** A pruning method of one's own: FFN channels whose hidden inputs vary little are removed first. */
import { standardize } from '@grasp/budget';
import { activationStatistics, type PruningMethod } from '@grasp/prune';

export const variance: PruningMethod = {
  name: 'variance of hidden inputs',
  needs: 'activations',
  async score({ model, batches }) {
    const { layout } = model;
    const statistics = await activationStatistics(model.under(), batches, ['layers.*.ffn.hidden']);
    const scores = new Float32Array(layout.size);
    for (const { layer, kind, start } of layout.blocks) {
      if (kind === 'ffn') scores.set(statistics.get(`layers.${layer}.ffn.hidden`)!.variance, start);
    }
    return standardize(layout, scores); // KV groups get 0, the mean of every layer's channels
  },
};
