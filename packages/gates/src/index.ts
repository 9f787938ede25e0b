export { type AdamWOptions, adamW } from './training/adamw.js';
export { relaxedBudget, removedShare } from './importance/budget-schedule.js';
export { type EpochOrder, epochOrder } from './training/epoch-order.js';
export { type NonFiniteDetails, NonFiniteError, StateError, TrainingOptionError } from './errors.js';
export type { GateMap, MappedGates } from './training/parameter-group.js';
export type { GatedModel, GradientOptions, LossAndGradients } from './model/gated-model.js';
export { addSquares, valueDensity } from './importance/importance.js';
export {
  DEFAULT_TEMPERATURE,
  type GateOptions,
  type GateRecord,
  initialGateState,
  learnGates,
  maskFromScores,
} from './gates/learn-gates.js';
export { annealed, type LearningRate } from './training/learning-rate.js';
export type { Optimizer, OptimizerState } from './training/optimizer.js';
export {
  type ImportanceOptions,
  type ImportanceRecord,
  initialImportanceState,
  maskFromImportance,
  pruneByImportance,
} from './importance/prune-by-importance.js';
export { Random } from './random.js';
export { decodeState, encodeState } from './state/state-file.js';
export { gateProbabilities, type MaskRule, projectedStraightThrough } from './gates/straight-through.js';
export { type BatchAt, type ScoreTraining, type TrainingRecord, trainScores } from './training/train.js';
export { initialState, type TrainingState } from './training/training-state.js';
