import { assertUnits } from '@grasp/budget';
import {
  adamW,
  type BatchAt,
  type GatedModel,
  type GradientsOf,
  initialState,
  type Optimizer,
  type TrainingRecord,
  type TrainingState,
  train,
  unitName,
} from '@grasp/gates';
import { DEFAULT_AMPLITUDE, scaleGroup } from './scales.js';

export interface ScaleOptions {
  /** Number of steps in all, those of a resumed state included. The paper: one epoch. */
  readonly steps: number;
  /** `α` in `1 + α·tanh(s)`, in (0, 1). Default 0.5. */
  readonly amplitude?: number;
  /** Default: AdamW with the paper's settings. */
  readonly optimizer?: Optimizer;
}

/**
 * Calibrates one scale for each kept unit: stage B of GRASPrune (arXiv 2604.19398, section 3). The mask is fixed. The
 * parameter group `scales` holds one score per unit, which starts at 0 (a scale of 1); removed units stay removed.
 *
 * Yields one record per step, as `learnGates` does. The scales are `scalesFromScores(state.parameters.scales, mask)`.
 * To tune norms, LoRA or other groups at the same time, pass {@link scaleGroup} and the other groups to `train`.
 *
 * @param mask 1 for each kept unit.
 * @param state resumed and updated in place. Default: a new one.
 * @throws {NonFiniteError} if a loss or gradient is not finite. The state is then as before that step.
 * @throws {FoldError} if the amplitude is out of range.
 */
export async function* calibrateScales<Batch>(
  model: GatedModel<Batch>,
  mask: Uint8Array,
  batchAt: BatchAt<Batch>,
  options: ScaleOptions,
  state: TrainingState = initialScaleState(model, options),
): AsyncGenerator<TrainingRecord<'scales'>, void, undefined> {
  const { layout } = model;
  assertUnits(layout, mask, 'mask');
  const { steps, amplitude = DEFAULT_AMPLITUDE, optimizer = adamW() } = options;
  const group = scaleGroup(mask, optimizer, amplitude);
  const scales = { ...group, entryName: (unit: number) => unitName(layout, unit) };
  const gradientsOf: GradientsOf<Batch, 'scales'> = async (batch, values) => {
    const { loss, gradients } = await model.lossAndGateGradients(batch, values.scales, { units: 'kept' });
    return { loss, gradients: { scales: gradients } };
  };
  yield* train(gradientsOf, { scales }, batchAt, steps, state);
}

/** The state that {@link calibrateScales} starts from. */
export function initialScaleState(
  { layout }: Pick<GatedModel<unknown>, 'layout'>,
  { optimizer = adamW() }: ScaleOptions,
): TrainingState {
  return initialState({ scales: { initial: new Float32Array(layout.size), optimizer } });
}
