import { assertUnits, type Layout } from '@grasp/budget';

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
