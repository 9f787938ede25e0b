import { assertUnits, keptPerBlock, maskCost } from '@grasp/budget';
import { removedShare } from './budget-schedule.js';
import { TrainingOptionError } from '../errors.js';
import { finiteGradients } from '../training/finite-gradients.js';
import type { GatedModel } from '../model/gated-model.js';
import { addSquares, nestedScores, valueDensity } from './importance.js';
import type { GateRecord } from '../gates/learn-gates.js';
import type { BatchAt } from '../training/train.js';
import type { TrainingState } from '../training/training-state.js';

export interface ImportanceOptions {
  /** Times that units are removed. */
  readonly rounds: number;
  /** Batches seen under one mask before the next is chosen. */
  readonly batchesPerRound: number;
  /**
   * The mask after a round, from importance per cost and the share of what is to be removed that should be gone by
   * then, for example `(density, share) => projectExact(density, layout, relaxedBudget(layout, budget, share))`.
   */
  readonly chooseMask: (density: Float32Array, share: number) => Uint8Array;
}

/** `round`, from 0, is the one the step belongs to. */
export interface ImportanceRecord extends GateRecord {
  readonly round: number;
}

/**
 * Chooses a mask by importance: the squared gate gradients of all batches so far are averaged, each taken under the
 * mask of its round, and the units that matter most per cost fill a budget that tightens from round to round. A unit
 * that was removed stays removed: gradients at gate 0 and at gate 1 do not compare. Nothing is learned by descent, so a
 * tenth of the gradient evaluations of gate learning suffices.
 *
 * Yields one record a step and resumes like `learnGates`; `gradients` of a record are dL/dz. The mask chosen is
 * {@link maskFromImportance} of the last state; its scores rank the removed units too, the earlier the lower.
 *
 * @param state resumed and updated in place; a new one where left out.
 * @throws {NonFiniteError} if a loss or gradient is not finite; the state is then as before that step.
 */
export async function* pruneByImportance<Batch>(
  model: GatedModel<Batch>,
  batchAt: BatchAt<Batch>,
  options: ImportanceOptions,
  state: TrainingState = initialImportanceState(model),
): AsyncGenerator<ImportanceRecord, void, undefined> {
  const { layout } = model;
  const { rounds, batchesPerRound } = checked(options);
  const squares = state.optimizer.vectors.squares;
  assertUnits(layout, state.scores, 'scores');
  if (!squares) throw new TrainingOptionError('The state was not made by pruneByImportance.');
  let mask = maskFromImportance(model, state, options);
  let gates = Float32Array.from(mask);
  while (state.step < rounds * batchesPerRound) {
    const { step } = state;
    const batch = await batchAt(step);
    const { loss, gradients } = await finiteGradients(model, batch, gates, { units: 'all' }, step);
    const round = Math.floor(step / batchesPerRound);
    addSquares(squares, gradients, 1 / (step + 1));
    state.optimizer = { step: step + 1, vectors: state.optimizer.vectors };
    state.losses.push(loss);
    state.step = step + 1;
    const seen = mask;
    if (state.step % batchesPerRound === 0) {
      state.scores.set(nestedScores(state.scores, valueDensity(layout, squares), mask));
      mask = maskFromImportance(model, state, options);
      gates = Float32Array.from(mask);
    }
    yield {
      step,
      round,
      loss,
      mask: seen,
      gradients,
      state,
      kept: keptPerBlock(layout, seen),
      keptCost: maskCost(layout, seen),
    };
  }
}

/** The state that {@link pruneByImportance} starts from. */
export function initialImportanceState({ layout }: Pick<GatedModel<unknown>, 'layout'>): TrainingState {
  return {
    step: 0,
    scores: new Float32Array(layout.size),
    optimizer: { step: 0, vectors: { squares: new Float32Array(layout.size) } },
    losses: [],
  };
}

/** The mask after the rounds completed: all units before the first. */
export function maskFromImportance(
  { layout }: Pick<GatedModel<unknown>, 'layout'>,
  { step, scores }: Pick<TrainingState, 'step' | 'scores'>,
  options: ImportanceOptions,
): Uint8Array {
  const { rounds, batchesPerRound } = checked(options);
  const completed = Math.floor(step / batchesPerRound);
  if (completed === 0) return new Uint8Array(layout.size).fill(1);
  return options.chooseMask(scores, removedShare(completed - 1, rounds));
}

function checked(options: ImportanceOptions): ImportanceOptions {
  const { rounds, batchesPerRound } = options;
  for (const [name, value] of Object.entries({ rounds, batchesPerRound })) {
    if (!Number.isInteger(value) || value < 1)
      throw new TrainingOptionError(`${name} must be a whole number from 1 on; received ${value}.`);
  }
  return options;
}
