import { maskCost, outlierKeeps, outlierShare, rankWithin } from '@grasp/budget';
import { elementCount, toFloat32 } from '@grasp/checkpoint';
import { unitSlices } from '@grasp/decoder';
import type { ActivationStatistics } from '../measures/activation-statistics.js';
import { hiddenStatistics } from '../measures/hidden-statistics.js';
import type { MethodInputs, ScoringMethod } from '../pruning-method.js';
import { wandaImportance } from './wanda-sp.js';

/** `λ`, how far shares of layers are from their mean. */
const SPREAD = 0.08;

/**
 * OWL's shares of the layers, by outliers (arXiv 2310.05175, equations 1 and 2, `M` 5 and `λ` 0.08), with Wanda's scores within them.
 * `λ` is smaller where a share might otherwise leave (0, 1]: above keep 0.84, and below 0.32.
 * Outliers are those of `o_proj` and `down_proj`, whose inputs the units are; the paper counts all matrices.
 */
export const owl: ScoringMethod = {
  name: 'owl',
  needs: 'activations',
  async score(inputs) {
    const { model, batches } = inputs;
    const { layout } = model;
    const statistics = await hiddenStatistics(model, batches);
    const outliers = await layerOutliers(inputs, statistics);
    const any = inputs.project(new Float32Array(layout.size));
    const keep = maskCost(layout, any) / layout.totalCost;
    const keeps = outlierKeeps(outliers, keep, Math.min(SPREAD, (1 - keep) / 2, keep / 4));
    return rankWithin(layout, await wandaImportance(inputs, statistics), { keeps });
  },
};

/** Share of outliers among `|w_ij| · ‖h_j‖₂` of each layer's output matrices. */
export async function layerOutliers(
  { model, checkpoint }: Pick<MethodInputs, 'model' | 'checkpoint'>,
  statistics: readonly ActivationStatistics[],
): Promise<number[]> {
  const { blocks } = model.layout;
  const shares: number[] = [];
  const slices = unitSlices(checkpoint.decoder).filter(({ axis }) => axis === 1);
  for (const layer of new Set(slices.map((slice) => slice.layer))) {
    const own = slices.filter((slice) => slice.layer === layer);
    const sizes = own.map(({ tensor }) => elementCount(checkpoint.tensors.get(tensor)!.shape));
    const entries = new Float64Array(sizes.reduce((sum, size) => sum + size, 0)); // too many for a list of numbers
    let at = 0;
    for (const { tensor, kind } of own) {
      const { norms } =
        statistics[blocks.findIndex((block) => block.layer === layer && block.kind === kind)]!;
      const weight = toFloat32(await checkpoint.read(tensor));
      for (let i = 0; i < weight.length; i++) entries[at++] = Math.abs(weight[i]!) * norms[i % norms.length]!;
    }
    shares[layer] = outlierShare(entries);
  }
  return shares;
}
