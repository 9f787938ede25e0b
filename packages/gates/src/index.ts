export { Random } from '@grasp/random';
export { type AdamWOptions, adamW } from './adamw.js';
export { relaxedBudget, removedShare } from './budget-schedule.js';
export { type EpochOrder, epochOrder } from './epoch-order.js';
export { type NonFiniteDetails, NonFiniteError, StateError, TrainingOptionError } from './errors.js';
export type { GateMap, MappedGates } from './gate-map.js';
export type { GatedModel, GradientOptions, LossAndGradients } from './gated-model.js';
export { addSquares, valueDensity } from './importance.js';
export {
  DEFAULT_TEMPERATURE,
  type GateOptions,
  type GateRecord,
  initialGateState,
  learnGates,
  maskFromScores,
} from './learn-gates.js';
export { annealed, type LearningRate } from './learning-rate.js';
export type { Optimizer, OptimizerState } from './optimizer.js';
export {
  type ImportanceOptions,
  type ImportanceRecord,
  initialImportanceState,
  maskFromImportance,
  pruneByImportance,
} from './prune-by-importance.js';
export { decodeState, encodeState } from './state-file.js';
export { gateProbabilities, type MaskRule, projectedStraightThrough } from './straight-through.js';
export { type BatchAt, type ScoreTraining, type TrainingRecord, trainScores } from './train-scores.js';
export { initialState, type TrainingState } from './training-state.js';
