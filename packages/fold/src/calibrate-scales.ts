import { assertUnits } from '@grasp/budget';
import {
  adamW,
  type BatchAt,
  type GatedModel,
  initialState,
  type Optimizer,
  type TrainingRecord,
  type TrainingState,
  trainScores,
} from '@grasp/gates';
import { FoldError } from './errors.js';
import { DEFAULT_AMPLITUDE, type FreeValues, scaledMask } from './scales.js';

export interface ScaleOptions {
  /** Steps in all, those of a resumed state included. The paper: one epoch. */
  readonly steps: number;
  /** `α` in `1 + α·tanh(s)`, in (0, 1). Default 0.5. */
  readonly amplitude?: number;
  /** Default: AdamW with the paper's settings. */
  readonly optimizer?: Optimizer;
  /** Entries of the model after those that have scales, tuned along with them. Default none. */
  readonly free?: FreeValues;
}

/**
 * Calibrates one scale for each kept unit: stage B of GRASPrune (arXiv 2604.19398, section 3). The mask is fixed,
 * scores start at 0 (every scale at 1), and removed units stay removed with a score of 0.
 *
 * Yields one record a step, as learning gates does; the scales are `scalesFromScores` of the last state's scores, as many
 * as the mask has entries, and free values `freeFromScores` of the rest.
 *
 * @param mask 1 for each entry that has a scale, 0 for each that is removed
 * @param state resumed and updated in place; a new one where left out.
 * @throws {NonFiniteError} if a loss or gradient is not finite; the state is then as before that step.
 */
export async function* calibrateScales<Batch>(
  model: GatedModel<Batch>,
  mask: Uint8Array,
  batchAt: BatchAt<Batch>,
  options: ScaleOptions,
  state: TrainingState = initialScaleState(model, options),
): AsyncGenerator<TrainingRecord, void, undefined> {
  const { steps, amplitude = DEFAULT_AMPLITUDE, optimizer = adamW(), free } = options;
  assertUnits(model.layout, { length: mask.length + (free?.initial.length ?? 0) }, 'mask');
  if (!(amplitude > 0 && amplitude < 1)) {
    throw new FoldError(`The amplitude of the scales must be between 0 and 1; received ${amplitude}.`);
  }
  const gateMap = scaledMask(mask, amplitude, free);
  yield* trainScores(model, batchAt, { steps, gateMap, optimizer, units: 'kept' }, state);
}

/** The state that {@link calibrateScales} starts from. */
export function initialScaleState(
  model: Pick<GatedModel<unknown>, 'layout'>,
  { optimizer = adamW() }: ScaleOptions,
): TrainingState {
  return initialState(model.layout.size, optimizer);
}
