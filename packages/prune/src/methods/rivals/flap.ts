import { reduceToUnits, standardScores } from '@grasp/budget';
import { hiddenStatistics } from '../measures/hidden-statistics.js';
import { outputColumnSums } from '../measures/weight-sums.js';
import type { ScoringMethod } from '../pruning-method.js';

/**
 * FLAP's fluctuation, `Var(h_j) · ‖w_j‖²` of an output matrix's columns (arXiv 2312.11983, its fluctuation metric), ranked
 * globally by the mean over a unit's columns of their standard scores in the layer. As in the authors' code, the metric of
 * attention is squared first. Its bias is `compensatingBiases`.
 */
export const flap: ScoringMethod = {
  name: 'flap',
  needs: 'activations',
  async score({ model, checkpoint, batches }) {
    const { layout } = model;
    const statistics = await hiddenStatistics(model, batches);
    const norms = await outputColumnSums(checkpoint, 2);
    const perColumn = layout.blocks.map(({ kind, count }, block) => {
      const { variance } = statistics[block]!;
      const metric = norms[block]!.map((squares, j) => (variance[j]! * squares) ** (kind === 'kv' ? 2 : 1));
      const columns = metric.length / count; // of a unit
      return standardScores(metric).map((score) => score / columns);
    });
    return reduceToUnits(layout, perColumn);
  },
};
