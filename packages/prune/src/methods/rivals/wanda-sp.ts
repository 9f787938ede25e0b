import { rankWithin, reduceToUnits } from '@grasp/budget';
import type { ActivationStatistics } from '../measures/activation-statistics.js';
import { hiddenStatistics } from '../measures/hidden-statistics.js';
import { outputColumnSums } from '../measures/weight-sums.js';
import type { MethodInputs, ScoringMethod } from '../pruning-method.js';

/**
 * Wanda for structures: `Σ_i |w_ij| · ‖h_j‖₂` of an output matrix's columns (Wanda, arXiv 2306.11695, equation 1, summed over
 * outputs), added up over a unit's columns, on the dense model's activations. Every layer keeps the same share of each kind.
 */
export const wandaSp: ScoringMethod = {
  name: 'wanda-sp',
  needs: 'activations',
  async score(inputs) {
    const { model, batches } = inputs;
    return rankWithin(model.layout, await wandaImportance(inputs, await hiddenStatistics(model, batches)));
  },
};

/** Wanda's importance of each unit, from the statistics of all blocks of the layout. */
export async function wandaImportance(
  { model, checkpoint }: Pick<MethodInputs, 'model' | 'checkpoint'>,
  statistics: readonly ActivationStatistics[],
): Promise<Float32Array> {
  const columns = await outputColumnSums(checkpoint, 1);
  const perColumn = columns.map((sums, block) => sums.map((sum, j) => sum * statistics[block]!.norms[j]!));
  return reduceToUnits(model.layout, perColumn);
}
