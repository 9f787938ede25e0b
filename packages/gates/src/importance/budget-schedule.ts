import { type Budget, denseCost, type Layout } from '@grasp/budget';
import { TrainingOptionError } from '../errors.js';

/**
 * The share of the removals that is done after round `round` of `rounds`: `1 − (1 − (round + 1) / rounds)²`.
 *
 * Fast at first, where units are removed that hardly matter, and slow towards the end, where each choice does and the
 * importance is measured again before it. 1 after the last round.
 */
export function removedShare(round: number, rounds: number): number {
  for (const [name, value] of Object.entries({ round, rounds })) {
    if (!Number.isInteger(value) || value < 0)
      throw new TrainingOptionError(`${name} must be a whole number from 0 on; received ${value}.`);
  }
  return 1 - (1 - Math.min(1, (round + 1) / Math.max(1, rounds))) ** 2;
}

/**
 * The budget when only a share of what it wants removed is gone: share 0 allows all units, share 1 is the budget
 * itself.
 */
export function relaxedBudget(layout: Layout, budget: Budget, share: number): Budget {
  if (share >= 1) return budget; // to the last bit
  const excess = Math.max(0, denseCost(layout, budget) - budget.limit);
  return { ...budget, limit: budget.limit + (1 - share) * excess };
}
