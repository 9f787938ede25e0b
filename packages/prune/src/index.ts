export { collectGarbage } from './engine/collect-garbage.js';
export { loadOn } from './engine/load.js';
export {
  assertDtype,
  type BackendName,
  checkEngineOptions,
  type Engine,
  EngineError,
  type EngineOptions,
  openEngine,
} from './engine/open-engine.js';
export { forecastSeconds } from './forecast/duration.js';
export { assertFitsMemory, memoryOf, usableMemory } from './forecast/fits-memory.js';
export { type Forecast, forecast } from './forecast/forecast.js';
export { type MatMulRates, matMulRate, matMulRates } from './forecast/matmul-rate.js';
export { MemoryError, type MemoryOwner } from './forecast/memory-error.js';
export type { TextSizes } from './forecast/text-sizes.js';
export { HealError, TeacherCacheError, TeacherMisfitError } from './heal/errors.js';
export type { HealEvent, HealedStep, HealPoint } from './heal/events.js';
export { type HealForecast, healForecast } from './heal/forecast.js';
export { type HealJob, heal, healIdentity } from './heal/heal.js';
export { type HealModels, type HealTexts, healWeights } from './heal/learn.js';
export {
  assertHealFits,
  fittingHealSettings,
  type HealConfigs,
  healBytes,
  healMemory,
} from './heal/memory.js';
export { HEAL_RECORD, type HealRecord } from './heal/record.js';
export {
  type HealSettings,
  healGroup,
  healLeaves,
  healSettingsSchema,
  healSteps,
  parseHealSettings,
} from './heal/settings.js';
export {
  checkHealState,
  type HealProgress,
  type HealStateFile,
  healStateFile,
  savedHealIdentity,
} from './heal/state.js';
export { openTeacherCache } from './heal/teacher/open-teacher-cache.js';
export { type Teacher, TeacherCache, type TeacherIdentity } from './heal/teacher/teacher-cache.js';
export type { HealTraining } from './heal/training.js';
export { assertGiven } from './learning/choose-by-method.js';
export { type ChoiceSource, chooseMask } from './learning/choose-mask.js';
export { heldOutCount } from './learning/held-out.js';
export { type ImportancePlan, importancePlan } from './learning/importance-plan.js';
export type { HeldOutResult } from './learning/keep-share.js';
export { type Learned, type LearningData, learn } from './learning/learn.js';
export { learnScores } from './learning/learn-scores.js';
export { compensatingBiases } from './methods/compensating-biases.js';
export { MethodError } from './methods/errors.js';
export { type GivenChoice, withGivenChoice } from './methods/given-method.js';
export {
  type ActivationStatistics,
  activationStatistics,
} from './methods/measures/activation-statistics.js';
export { blockInfluence } from './methods/measures/block-influence.js';
export { inputImportance } from './methods/measures/input-importance.js';
export { type UnitTaylor, unitTaylor } from './methods/measures/unit-taylor.js';
export { methodFromModule } from './methods/method-module.js';
export { obsWithin } from './methods/obs/obs-within.js';
export { addOutputMoments, type OutputMoments } from './methods/obs/output-moments.js';
export type {
  MaskingMethod,
  MethodInputs,
  MethodNeeds,
  PruningMethod,
  ScoringMethod,
} from './methods/pruning-method.js';
export { rivals } from './methods/rivals.js';
export { BudgetTooSmallError } from './projection/budget-too-small-error.js';
export {
  BudgetMissedError,
  type BudgetOutcome,
  type ModelHeaders,
  type StatedBudget,
} from './projection/budgets.js';
export { constraintsOf, wholeOf } from './projection/constraints.js';
export { latencyCosts, latencyMisfit } from './projection/latency-costs.js';
export {
  type Projection,
  projectionOf,
  usesPaperRule,
} from './projection/projection.js';
export type { PruneEvent, Subject } from './run/events.js';
export { type EvaluationText, measure } from './run/measure.js';
export { prune } from './run/prune.js';
export type { PruneJob } from './run/prune-job.js';
export { prunedView } from './run/pruned-view.js';
export { RunRecordError, readRunRecord } from './run/read-run-record.js';
export { modelFingerprint, runIdentity } from './run/run-identity.js';
export { CARD, MASK_FILE, RUN_RECORD, type RunRecord, runInputs } from './run/run-record.js';
export { BUDGET_NAMES, type BudgetName } from './settings/budget.js';
export { choiceSettings, flatSettings, settingEntries } from './settings/flat.js';
export { leavesOf, type SettingLeaf } from './settings/group.js';
export { type LatencyTable, latencyTableSchema } from './settings/latency-table.js';
export { numberOf } from './settings/number.js';
export { RENAMED_FLAGS, refuseOldNames, settingsFromFlat } from './settings/old-names.js';
export { parseSettings } from './settings/parse.js';
export { bytesSchema } from './settings/quantity.js';
export { type PruneSettings, type SettingsInput, settingLeaves, settingsSchema } from './settings/schema.js';
export { inPlainWords, SettingsError, settingsError } from './settings/settings-error.js';
export type { RunState } from './state/run-state.js';
export { RESTART, type RunIdentity, RunStateError } from './state/same-run.js';
export { checkStateFile, openStateFile, removeState, type StateFile } from './state/state-file.js';
