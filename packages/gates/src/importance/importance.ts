import { assertUnits, type Layout, rankByScore } from '@grasp/budget';

/**
 * Adds one batch to a running mean of squared gate gradients, in place. Half of that mean, the empirical Fisher
 * information of a gate, estimates by how much the loss grows when the gate goes from 1 to 0 (Kwon et al., arXiv
 * 2204.09656).
 *
 * @param weight weight of the batch against all earlier ones: `1 / n` for the n-th batch of a plain mean.
 */
export function addSquares(mean: Float32Array, gradients: Float32Array, weight: number): void {
  for (let unit = 0; unit < mean.length; unit++) {
    mean[unit]! += weight * (gradients[unit]! ** 2 - mean[unit]!);
  }
}

/**
 * Importance per cost, the value by which an exact projection fills a budget. Of two units with equal importance, the
 * cheaper one ranks higher.
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
 * One ranking of all units while a mask shrinks. Kept units rank by density, from 0 on. Removed units rank below 0:
 * the later a unit was removed, the higher, and within a round in the order of that round. So the ranking also serves
 * the budgets that were passed on the way.
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
