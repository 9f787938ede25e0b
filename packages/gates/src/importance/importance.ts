import { assertUnits, type Layout, rankByScore } from '@grasp/budget';

/**
 * Adds one batch to a running mean of squared gate gradients, in place. Half of that mean, the empirical Fisher
 * information of a gate, estimates what the loss grows by when the gate goes from 1 to 0 (Kwon et al., arXiv
 * 2204.09656).
 *
 * @param weight of the batch against all earlier ones: `1 / n` for the n-th of a plain mean.
 */
export function addSquares(mean: Float32Array, gradients: Float32Array, weight: number): void {
  for (let unit = 0; unit < mean.length; unit++) {
    mean[unit]! += weight * (gradients[unit]! ** 2 - mean[unit]!);
  }
}

/**
 * Importance per cost, what an exact projection fills a budget by: of units that are expected to cost the loss equally
 * much, the larger one goes first.
 */
export function valueDensity(layout: Layout, importance: Float32Array): Float32Array {
  assertUnits(layout, importance, 'importance');
  const density = new Float32Array(layout.size);
  for (const { start, count, cost } of layout.blocks) {
    for (let unit = start; unit < start + count; unit++) density[unit] = importance[unit]! / cost;
  }
  return density;
}

/**
 * One ranking of all units while a mask shrinks: what is left by density, from 0 on; below 0 what was removed, the
 * later the higher, and within a round as it ranked then. So it also serves the budgets that were passed on the way.
 *
 * @param previous the ranking that `mask` was projected from.
 */
export function nestedScores(previous: Float32Array, density: Float32Array, mask: Uint8Array): Float32Array {
  const scores = density.map((value, unit) => (mask[unit] === 1 ? value : previous[unit]! - 1));
  const justRemoved = rankByScore(previous).filter((unit) => mask[unit] === 0 && previous[unit]! >= 0);
  justRemoved.forEach((unit, place) => {
    scores[unit] = -(place + 1) / (justRemoved.length + 1);
  });
  return scores;
}
