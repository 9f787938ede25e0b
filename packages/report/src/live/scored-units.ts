import {
  BudgetBelowFloorError,
  budgetFromKeepRatio,
  type Constraints,
  type Layout,
  projectExact,
  projectGreedyPrefix,
} from '@grasp/budget';

/** The units of a run, with their scores and constraints, for projection onto another budget. */
export interface ScoredUnits {
  readonly layout: Layout;
  /** `[layout.size]`: the scores that the run projected. */
  readonly scores: Float32Array;
  readonly projection: 'exact' | 'paper';
  readonly constraints: Constraints;
}

/** Returns the mask that keeps a share of the prunable parameters, by the projection of the run. */
export function maskAt({ layout, scores, projection, constraints }: ScoredUnits, keep: number): Uint8Array {
  const budget = budgetFromKeepRatio(layout, keep);
  return projection === 'paper'
    ? projectGreedyPrefix(scores, layout, budget)
    : projectExact(scores, layout, budget, constraints);
}

/** Returns the smallest feasible share of the prunable parameters. */
export function leastKeep(units: ScoredUnits): number {
  try {
    maskAt(units, Number.MIN_VALUE);
    return 0;
  } catch (error) {
    if (error instanceof BudgetBelowFloorError) return error.smallestKeep;
    throw error;
  }
}
