import type { GatedModel } from '../model/gated-model.js';

/** Everything that {@link pruneByImportance} needs to continue: plain data, see `encodeImportanceState`. */
export interface ImportanceState {
  /** Batches seen; the next step's index. */
  step: number;
  /** One score per unit, float32: what is left ranks by importance per cost from 0 on, what was removed below 0. */
  readonly scores: Float32Array;
  /** Mean squared gate gradient of each unit over the batches seen, float32. */
  readonly squares: Float32Array;
  /** Loss of each batch seen. */
  readonly losses: number[];
}

/** The state that {@link pruneByImportance} starts from. */
export function initialImportanceState({
  layout: { size },
}: Pick<GatedModel<unknown>, 'layout'>): ImportanceState {
  return { step: 0, scores: new Float32Array(size), squares: new Float32Array(size), losses: [] };
}
