import {
  BudgetBelowFloorError,
  budgetFromKeepRatio,
  type Constraints,
  keepWhole,
  type Layout,
  maskCost,
  projectGreedyPrefix,
  projectWithoutLayers,
  type Whole,
} from '@grasp/budget';

/** The units of a run, with their scores and constraints, for projection onto another budget. */
export interface ScoredUnits {
  readonly layout: Layout;
  /** `[layout.size]`: the scores that the run projected. */
  readonly scores: Float32Array;
  readonly projection: 'exact' | 'paper';
  readonly constraints: Constraints;
  /** What is kept or removed as a whole, if not unit by unit. */
  readonly whole?: Whole | undefined;
  /** Layers that are removed before units are. Default: none. */
  readonly dropLayers?: number | undefined;
}

/** Returns the mask that keeps a share of the prunable parameters, by the projection of the run. */
export function maskAt(units: ScoredUnits, keep: number): Uint8Array {
  const { layout, scores, projection, constraints, whole, dropLayers = 0 } = units;
  const budget = budgetFromKeepRatio(layout, keep);
  if (projection === 'paper') return projectGreedyPrefix(scores, layout, budget);
  if (whole) return keepWhole(scores, layout, [budget], { whole, protect: constraints.protect });
  return projectWithoutLayers(scores, layout, budget, dropLayers, constraints);
}

/** Returns the smallest feasible share of the prunable parameters. With whole parts, the smallest with which any is kept. */
export function leastKeep(units: ScoredUnits): number {
  const { layout, whole } = units;
  try {
    const least = maskCost(layout, maskAt(units, Number.MIN_VALUE)) / layout.totalCost;
    return whole && least === 0 ? smallestPart(layout, whole) / layout.totalCost : 0;
  } catch (error) {
    if (error instanceof BudgetBelowFloorError) return error.floorCost / layout.totalCost;
    throw error;
  }
}

/** Returns the share of the prunable parameters that is kept if the budget allows all. */
export const mostKeep = (units: ScoredUnits): number =>
  maskCost(units.layout, maskAt(units, 1)) / units.layout.totalCost;

function smallestPart({ blocks }: Layout, whole: Whole): number {
  const costs = new Map<string, number>();
  for (const { layer, kind, count, cost } of blocks) {
    const part = whole === 'layers' ? `${layer}` : `${layer}.${kind}`;
    costs.set(part, (costs.get(part) ?? 0) + count * cost);
  }
  return Math.min(...costs.values());
}
