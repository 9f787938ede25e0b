import { rankWithin, reduceToUnits } from '@grasp/budget';
import { hiddenStatistics } from '../measures/hidden-statistics.js';
import { outputColumnSums } from '../measures/weight-sums.js';
import type { ScoringMethod } from '../pruning-method.js';

/**
 * Wanda for structures: `Σ_i |w_ij| · ‖h_j‖₂` of an output matrix's columns (Wanda, arXiv 2306.11695, equation 1, summed over
 * outputs), added up over a unit's columns, on the dense model's activations. Every layer keeps the same share of each kind.
 */
export const wandaSp: ScoringMethod = {
  name: 'wanda-sp',
  needs: 'activations',
  async score({ model, checkpoint, batches }) {
    const statistics = await hiddenStatistics(model, batches);
    const columns = await outputColumnSums(checkpoint, 1);
    const perColumn = columns.map((sums, block) => sums.map((sum, j) => sum * statistics[block]!.norms[j]!));
    return rankWithin(model.layout, reduceToUnits(model.layout, perColumn));
  },
};
