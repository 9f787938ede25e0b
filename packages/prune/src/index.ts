export { BUDGET_NAMES, type BudgetName } from './budget-settings.js';
export { BudgetMissedError, type BudgetOutcome, type ModelHeaders, type StatedBudget } from './budgets.js';
export { collectGarbage } from './collect-garbage.js';
export { describeModel, type ModelDescription } from './describe-model.js';
export { type BackendName, type Engine, EngineError, type EngineOptions, openEngine } from './engine.js';
export type { PruneEvent, Subject } from './events.js';
export { forecastSeconds } from './forecast/duration.js';
export { assertFitsMemory, memoryOf, usableMemory } from './forecast/fits-memory.js';
export { type Forecast, forecast } from './forecast/forecast.js';
export { matMulRate } from './forecast/matmul-rate.js';
export { MemoryError, type MemoryOwner } from './forecast/memory-error.js';
export type { TextSizes } from './forecast/text-sizes.js';
export { type LatencyTable, latencyCosts, latencyMisfit, latencyTableSchema } from './latency-table.js';
export { chooseMask } from './learning/choose-mask.js';
export { type Learned, type LearningData, learn } from './learning/learn.js';
export { learnScores } from './learning/learn-scores.js';
export { loadOn } from './load.js';
export { type EvaluationText, measure } from './measure.js';
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
