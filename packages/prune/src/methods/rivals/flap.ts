import { reduceToUnits, standardize } from '@grasp/budget';
import { hiddenStatistics } from '../measures/hidden-statistics.js';
import { outputColumnSums } from '../measures/weight-sums.js';
import type { ScoringMethod } from '../pruning-method.js';

/**
 * FLAP's fluctuation, `Var(h_j) · ‖w_j‖²` of an output matrix's columns (arXiv 2312.11983, its fluctuation metric), added up over a
 * unit's columns, standardised in each layer and kind, ranked globally. Its bias is `compensatingBiases`.
 */
export const flap: ScoringMethod = {
  name: 'flap',
  needs: 'activations',
  async score({ model, checkpoint, batches }) {
    const statistics = await hiddenStatistics(model, batches);
    const columns = await outputColumnSums(checkpoint, 2);
    const perColumn = columns.map((sums, block) =>
      sums.map((sum, j) => sum * statistics[block]!.variance[j]!),
    );
    return standardize(model.layout, reduceToUnits(model.layout, perColumn));
  },
};
