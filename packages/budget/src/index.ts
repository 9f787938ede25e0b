export {
  type Budget,
  type BudgetSpec,
  budgetCost,
  budgetFromKeepRatio,
  createBudget,
  denseCost,
  type KindCosts,
} from './budget.js';
export type { Constraints } from './constraints.js';
export { costOf } from './cost.js';
export {
  type DecoderCosts,
  type DecoderShape,
  flopCosts,
  kvCacheCosts,
  paperCosts,
  parameterCosts,
} from './decoder-costs.js';
export { BudgetBelowFloorError, BudgetError, type FloorShortfall, LayoutError } from './errors.js';
export { assertFeasible, projectExact } from './exact.js';
export { projectGreedyPrefix } from './greedy-prefix.js';
export {
  assertUnits,
  blockIndices,
  blockName,
  blockOf,
  createLayout,
  keptPerBlock,
  type Layout,
  MAX_UNITS,
  maskCost,
  sameLayout,
  type UnitBlock,
  type UnitKind,
} from './layout.js';
export { rankByScore } from './rank.js';
export { layerBudgets } from './scores/layer-budgets.js';
export { outlierKeeps, outlierShare } from './scores/outliers.js';
export { type RankWithin, rankWithin } from './scores/rank-within.js';
export { reduceToUnits } from './scores/reduce-to-units.js';
export { standardize, standardScores } from './scores/standardize.js';
export { matchUnits, wildcard } from './unit-pattern.js';
export {
  assertFeasibleWithoutLayers,
  keepWhole,
  projectWithoutLayers,
  protectWhole,
  type Whole,
} from './whole/whole-blocks.js';
