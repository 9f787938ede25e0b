import type { Budget } from './budget.js';
import { assertUnits, blockIndices, type Layout } from './layout.js';
import { rankByScore } from './rank.js';

/**
 * The paper's projection (GRASPrune, arXiv 2604.19398, section 3, as its implementation computes it): all units
 * by score, highest first; the longest prefix whose cost is within the budget; and the best unit of each block that
 * is left empty, even where that exceeds the budget.
 *
 * Costs, their running sum and the limit are compared as float32, as in the paper's code. Equal scores keep the
 * order of the unit vector. Budget is usually left over, or exceeded by the floor: see {@link projectExact}.
 *
 * @param scores one float32 score per unit. The paper ranks `p = sigmoid(s / τ)`, computed in float32.
 * @returns the mask: 1 for each kept unit.
 * @throws {LayoutError} if the scores do not fit the layout or one is NaN.
 */
export function projectGreedyPrefix(scores: Float32Array, layout: Layout, budget: Budget): Uint8Array {
  assertUnits(layout, scores, 'scores');
  const ranking = rankByScore(scores);
  const block = blockIndices(layout);
  const costs = Float32Array.from(budget.costs);
  const limit = Math.fround(budget.limit);

  const mask = new Uint8Array(layout.size);
  const empty = new Uint8Array(layout.blocks.length).fill(1);
  let sum = budget.fixed ?? 0;
  let place = 0;
  for (; place < ranking.length; place++) {
    const unit = ranking[place]!;
    sum += costs[block[unit]!]!;
    if (Math.fround(sum) > limit) break;
    mask[unit] = 1;
    empty[block[unit]!] = 0;
  }
  for (; place < ranking.length; place++) {
    const unit = ranking[place]!;
    if (empty[block[unit]!] === 0) continue;
    mask[unit] = 1;
    empty[block[unit]!] = 0;
  }
  return mask;
}
