import { BudgetError } from '../errors.js';

/**
 * Share of entries above `factor` times their mean, the layer outlier distribution of OWL (arXiv 2310.05175).
 *
 * @param entries at least 0: `|w_ij| · ‖x_j‖₂` in the paper.
 * @param factor `M` of the paper, 5 or 7.
 */
export function outlierShare(entries: ArrayLike<number>, factor = 5): number {
  let sum = 0;
  for (let i = 0; i < entries.length; i++) sum += entries[i]!;
  const bound = (factor * sum) / entries.length;
  let above = 0;
  for (let i = 0; i < entries.length; i++) if (entries[i]! > bound) above++;
  return above / entries.length;
}

/**
 * Shares that layers keep by their outlier shares: they rise linearly with the outliers over a range of `2 · spread`, and
 * their mean is `keep` (OWL, arXiv 2310.05175). For `rankWithin` or `layerBudgets`.
 *
 * @param outliers for each layer, from `outlierShare`.
 * @param spread `λ` of the paper.
 * @throws {BudgetError} if a share would leave (0, 1].
 */
export function outlierKeeps(outliers: readonly number[], keep: number, spread = 0.08): number[] {
  const lowest = Math.min(...outliers);
  const range = Math.max(...outliers) - lowest;
  const raised = outliers.map((share) => (range > 0 ? (2 * spread * (share - lowest)) / range : 0));
  const mean = raised.reduce((sum, x) => sum + x, 0) / raised.length;
  return raised.map((x, layer) => {
    const share = x - mean + keep;
    if (share > 0 && share <= 1) return share;
    throw new BudgetError(
      `Layer ${layer} would keep ${share} of its cost. Use a spread below ${spread}, or another keep than ${keep}.`,
    );
  });
}
