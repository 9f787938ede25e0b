export type { UnitChoice } from './axis-plan.js';
export { calibrateScales, initialScaleState, type ScaleOptions } from './calibrate-scales.js';
export type { BiasUpdate } from './changes/bias-update.js';
export type { LoraUpdate } from './changes/lora-update.js';
export type { NormScales } from './changes/norm-scales.js';
export type { WeightChanges } from './changes/weight-changes.js';
export { FoldError, MaskFileError } from './errors.js';
export { type FoldOptions, foldCheckpoint } from './fold-checkpoint.js';
export { decodeMask, encodeMask, type PrunedUnits } from './mask-file.js';
export { cholesky, type DefiniteSolver, solveByCholesky } from './refit/cholesky.js';
export type { NormalEquations } from './refit/normal-equations.js';
export type { OutputProblem, RefitModel, RefitStep, RefitWalk } from './refit/refit-model.js';
export {
  DEFAULT_COMPENSATION,
  DEFAULT_DAMPING,
  type RefitOptions,
  type RefitRecord,
  refitOutputs,
} from './refit/refit-outputs.js';
export type { ReplacedColumns } from './refit/replace-columns.js';
export { DEFAULT_AMPLITUDE, scaleGroup, scalesFromScores } from './scales.js';
export type { UnitSlice } from './unit-slice.js';
