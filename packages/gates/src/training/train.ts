import { assertUnits } from '@grasp/budget';
import { TrainingOptionError } from '../errors.js';
import { finiteGradients } from './finite-gradients.js';
import type { GateMap } from './parameter-group.js';
import type { GatedModel, GradientOptions } from '../model/gated-model.js';
import type { Optimizer } from './optimizer.js';
import type { TrainingState } from './training-state.js';

/** What one step did. Arrays are valid until the next step. */
export interface TrainingRecord {
  /** The step's index, from 0. */
  readonly step: number;
  readonly loss: number;
  /** The mask that this step's loss was taken under. */
  readonly mask: Uint8Array;
  /** dL/ds of each unit, before the update. */
  readonly gradients: Float32Array;
  /** The live state, this step completed: save it now to resume after this step. */
  readonly state: TrainingState;
}

/** The batch of a step. It must depend on the step alone, so that a resumed run sees the same batches. */
export type BatchAt<Batch> = (step: number) => Batch | Promise<Batch>;

export interface ScoreTraining {
  readonly steps: number;
  readonly gateMap: GateMap;
  readonly optimizer: Optimizer;
  readonly units: NonNullable<GradientOptions['units']>;
}

/**
 * The loop under every stage: scores to gates, loss and gradients of the model, back to the scores, update. Yields a
 * record after each step, from `state.step` up to `steps`, and updates the state in place; leaving the loop early
 * is a clean stop.
 *
 * @throws {NonFiniteError} if a loss or gradient is not finite; the state is then as before that step.
 */
export async function* trainScores<Batch>(
  model: GatedModel<Batch>,
  batchAt: BatchAt<Batch>,
  { steps, gateMap, optimizer, units }: ScoreTraining,
  state: TrainingState,
): AsyncGenerator<TrainingRecord, void, undefined> {
  const { layout } = model;
  if (!Number.isInteger(steps) || steps < 0) {
    throw new TrainingOptionError(`The number of steps must be a whole number from 0 on; received ${steps}.`);
  }
  assertUnits(layout, state.scores, 'scores');
  const gradients = new Float32Array(layout.size);
  while (state.step < steps) {
    const { step } = state;
    const { mask, gates, pullback } = gateMap(state.scores, step);
    const result = await finiteGradients(model, await batchAt(step), gates, { units }, step);
    pullback(result.gradients, gradients);
    state.optimizer = optimizer.update(state.scores, gradients, state.optimizer);
    state.losses.push(result.loss);
    state.step = step + 1;
    yield { step, loss: result.loss, mask, gradients, state };
  }
}
