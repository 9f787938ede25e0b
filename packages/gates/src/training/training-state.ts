import type { Optimizer, OptimizerState } from './optimizer.js';

/** Everything a stage of training needs to go on: plain data, see {@link encodeState}. */
export interface TrainingState {
  /** Steps completed; the next step's index. */
  step: number;
  /** One score per unit. */
  readonly scores: Float32Array;
  optimizer: OptimizerState;
  /** Loss of each completed step. */
  readonly losses: number[];
}

/** The state before the first step. Initial scores are copied; 0 where none are given, as in the paper. */
export function initialState(
  size: number,
  optimizer: Optimizer,
  initialScores?: Float32Array,
): TrainingState {
  const scores = initialScores ? initialScores.slice() : new Float32Array(size);
  return { step: 0, scores, optimizer: optimizer.init(size), losses: [] };
}
