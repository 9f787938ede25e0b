export { chooseMask } from './choose-mask.js';
export { collectGarbage } from './engine/collect-garbage.js';
export { loadOn } from './engine/load.js';
export {
  type BackendName,
  type Engine,
  EngineError,
  type EngineOptions,
  openEngine,
} from './engine/open-engine.js';
export { type Forecast, forecast, forecastSeconds } from './forecast.js';
export { type Learned, type LearningData, learn } from './learn.js';
export { learnScores } from './learn-scores.js';
export { matMulRate } from './matmul-rate.js';
export { assertFitsMemory, MemoryError, type MemoryOwner, memoryOf, usableMemory } from './memory.js';
export {
  BudgetMissedError,
  type BudgetOutcome,
  type ModelHeaders,
  type StatedBudget,
} from './projection/budgets.js';
export { latencyCosts, latencyMisfit } from './projection/latency-costs.js';
export { constraintsOf, type Projection, projectionOf, usesPaperRule } from './projection/projection.js';
export { describeModel, type ModelDescription } from './run/describe-model.js';
export type { PruneEvent, Subject } from './run/events.js';
export { type EvaluationText, measure } from './run/measure.js';
export { prune } from './run/prune.js';
export type { PruneJob } from './run/prune-job.js';
export { prunedView } from './run/pruned-view.js';
export { RunRecordError, readRunRecord } from './run/read-run-record.js';
export { runIdentity } from './run/run-identity.js';
export { CARD, MASK_FILE, RUN_RECORD, type RunRecord, runInputs } from './run/run-record.js';
export { type RunIdentity, type RunState, RunStateError } from './run-state.js';
export { BUDGET_NAMES, type BudgetName } from './settings/budget.js';
export { choiceSettings, flatSettings, settingEntries } from './settings/flat.js';
export { leavesOf, type SettingLeaf } from './settings/group.js';
export { type LatencyTable, latencyTableSchema } from './settings/latency-table.js';
export { RENAMED_FLAGS, refuseOldNames, settingsFromFlat } from './settings/old-names.js';
export { parseSettings } from './settings/parse.js';
export { bytesSchema } from './settings/quantity.js';
export { type PruneSettings, type SettingsInput, settingLeaves, settingsSchema } from './settings/schema.js';
export { SettingsError, settingsError } from './settings/settings-error.js';
export { openStateFile, removeState, type StateFile } from './state-file.js';
export type { TextSizes } from './text-sizes.js';
