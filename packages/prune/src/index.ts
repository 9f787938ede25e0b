export { BUDGET_NAMES, type BudgetName } from './budget-settings.js';
export { BudgetMissedError, type BudgetOutcome, type ModelHeaders, type StatedBudget } from './budgets.js';
export { collectGarbage } from './collect-garbage.js';
export { describeModel, type ModelDescription } from './describe-model.js';
export { type BackendName, type Engine, EngineError, type EngineOptions, openEngine } from './engine.js';
export type { PruneEvent, Subject } from './events.js';
export { type Forecast, forecast, forecastSeconds } from './forecast.js';
export { type LatencyTable, latencyCosts, latencyMisfit, latencyTableSchema } from './latency-table.js';
export { chooseMask } from './learning/choose-mask.js';
export { type Learned, type LearningData, learn } from './learning/learn.js';
export { learnScores } from './learning/learn-scores.js';
export { loadOn } from './load.js';
export { matMulRate } from './matmul-rate.js';
export { type EvaluationText, measure } from './measure.js';
export { assertFitsMemory, MemoryError, type MemoryOwner, memoryOf, usableMemory } from './memory.js';
export { constraintsOf, type Projection, projectionOf } from './projection.js';
export { prune } from './prune.js';
export type { PruneJob } from './prune-job.js';
export { prunedView } from './pruned-view.js';
export { bytesSchema } from './quantity.js';
export { runIdentity } from './run-identity.js';
export { CARD, MASK_FILE, RUN_RECORD, type RunRecord, runInputs } from './run-record.js';
export {
  type PruneSettings,
  parseSettings,
  settingsSchema,
  withDefaults,
} from './settings.js';
export { SettingsError, settingsError } from './settings-error.js';
export { type RunIdentity, type RunState, RunStateError } from './state/run-state.js';
export { openStateFile, removeState, type StateFile } from './state/state-file.js';
export type { TextSizes } from './text-sizes.js';
