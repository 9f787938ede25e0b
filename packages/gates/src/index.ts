export { Random } from '@grasp/random';
export { type NonFiniteDetails, NonFiniteError, StateError, TrainingOptionError } from './errors.js';
export {
  DEFAULT_TEMPERATURE,
  type GateOptions,
  type GateRecord,
  initialGateState,
  learnGates,
  type MaskRecord,
  maskFromScores,
} from './gates/learn-gates.js';
export { gateProbabilities, type MaskRule, projectedStraightThrough } from './gates/straight-through.js';
export { relaxedBudget, removedShare } from './importance/budget-schedule.js';
export { addSquares, valueDensity } from './importance/importance.js';
export { type ImportanceState, initialImportanceState } from './importance/importance-state.js';
export {
  type ImportanceOptions,
  type ImportanceRecord,
  maskFromImportance,
  pruneByImportance,
} from './importance/prune-by-importance.js';
export type { GatedModel, GradientOptions, LossAndGradients } from './model/gated-model.js';
export { unitName } from './model/unit-name.js';
export {
  decodeImportanceState,
  decodeState,
  encodeImportanceState,
  encodeState,
} from './state/state-file.js';
export { type AdamWOptions, adamW } from './training/adamw.js';
export { type EpochOrder, epochOrder } from './training/epoch-order.js';
export type { GroupGradients } from './training/group-gradients.js';
export { annealed, type LearningRate } from './training/learning-rate.js';
export type { Optimizer, OptimizerState } from './training/optimizer.js';
export {
  identity,
  type MappedValues,
  type ParameterGroup,
  type Parametrisation,
  scaledBy,
} from './training/parameter-group.js';
export {
  type BatchAt,
  type GradientsOf,
  type TrainingRecord,
  train,
} from './training/train.js';
export { initialState, type TrainingState } from './training/training-state.js';
