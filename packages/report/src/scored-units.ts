import {
  BudgetBelowFloorError,
  budgetFromKeepRatio,
  type Constraints,
  type Layout,
  projectExact,
  projectGreedyPrefix,
} from '@grasp/budget';

/** A run's units with what another budget needs: the page projects them anew. */
export interface ScoredUnits {
  readonly layout: Layout;
  /** What the run projected: a score for each unit. */
  readonly scores: Float32Array;
  readonly projection: 'exact' | 'paper';
  readonly constraints: Constraints;
}

/** The mask under a budget of so much of the prunable parameters, by the run's rule. */
export function maskAt({ layout, scores, projection, constraints }: ScoredUnits, keep: number): Uint8Array {
  const budget = budgetFromKeepRatio(layout, keep);
  return projection === 'paper'
    ? projectGreedyPrefix(scores, layout, budget)
    : projectExact(scores, layout, budget, constraints);
}

/** The smallest share of the prunable parameters that holds what must stay; 0 where nothing must. */
export function leastKeep(units: ScoredUnits): number {
  try {
    maskAt(units, Number.MIN_VALUE);
    return 0;
  } catch (error) {
    if (error instanceof BudgetBelowFloorError) return error.smallestKeep;
    throw error;
  }
}
