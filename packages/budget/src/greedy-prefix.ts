import type { Budget } from './budget.js';
import { assertUnits, blockIndices, type Layout } from './layout.js';
import { rankByScore } from './rank.js';

/**
 * Projects scores onto a budget like the code of the paper (GRASPrune, arXiv 2604.19398, section 3). It ranks all units
 * from the highest score to the lowest, keeps the longest prefix within the budget, and then the best unit of each empty
 * block, even if that exceeds the budget.
 *
 * Costs, their running sum and the limit are compared in float32, as in the code of the paper. The mask usually stays below
 * the budget or exceeds it by the added units; {@link projectExact} does neither.
 *
 * @param scores float32 `[layout.size]`. The paper ranks `p = sigmoid(s / τ)`, computed in float32. Units with equal scores
 *   are ranked in the order of the unit vector.
 * @returns the mask `[layout.size]`: 1 for each kept unit.
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
