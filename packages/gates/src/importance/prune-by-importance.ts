import { assertUnits, keptPerBlock, maskCost } from '@grasp/budget';
import { TrainingOptionError } from '../errors.js';
import type { MaskRecord } from '../gates/learn-gates.js';
import type { GatedModel } from '../model/gated-model.js';
import { unitName } from '../model/unit-name.js';
import { finiteGradients } from '../training/finite-gradients.js';
import type { BatchAt } from '../training/train.js';
import { removedShare } from './budget-schedule.js';
import { addSquares, nestedScores, valueDensity } from './importance.js';
import { type ImportanceState, initialImportanceState } from './importance-state.js';

export interface ImportanceOptions {
  /** Number of times that units are removed. */
  readonly rounds: number;
  /** Batches seen under one mask before the next mask is chosen. */
  readonly batchesPerRound: number;
  /**
   * The mask after a round, from importance per cost and the share of the removals that should be done by then, for
   * example `(density, share) => projectExact(density, layout, relaxedBudget(layout, budget, share))`.
   */
  readonly chooseMask: (density: Float32Array, share: number) => Uint8Array;
}

/** What one batch did. Arrays are valid until the next step. */
export interface ImportanceRecord extends MaskRecord {
  /** The round of the step, from 0. */
  readonly round: number;
  /** dL/dz of each unit. */
  readonly gradients: Float32Array;
  /** The live state with this step completed. */
  readonly state: ImportanceState;
}

/**
 * Chooses a mask by iterative pruning. The empirical Fisher information of each gate (mean squared gradient over all
 * batches so far, each taken under the mask of its round) ranks the units, and those with the most importance per cost
 * fill a budget that tightens from round to round. A removed unit stays removed, because gradients at gate 0 and at
 * gate 1 do not compare. Nothing is trained, so a tenth of the gradient evaluations of gate learning suffices.
 *
 * Yields one record per batch and resumes like `learnGates`. The chosen mask is {@link maskFromImportance} of the last
 * state. Its scores also rank the removed units, the earlier the lower.
 *
 * @param state resumed and updated in place. Default: a new one.
 * @throws {NonFiniteError} if a loss or gradient is not finite. The state is then as before that step.
 */
export async function* pruneByImportance<Batch>(
  model: GatedModel<Batch>,
  batchAt: BatchAt<Batch>,
  options: ImportanceOptions,
  state: ImportanceState = initialImportanceState(model),
): AsyncGenerator<ImportanceRecord, void, undefined> {
  const { layout } = model;
  const { rounds, batchesPerRound } = checked(options);
  assertUnits(layout, state.scores, 'scores');
  assertUnits(layout, state.squares, 'squared gradients');
  const sizes = { gates: layout.size };
  const entryName = (_: 'gates', unit: number) => unitName(layout, unit);
  const evaluate = async (batch: Batch, gates: Float32Array) => {
    const { loss, gradients } = await model.lossAndGateGradients(batch, gates, { units: 'all' });
    return { loss, gradients: { gates: gradients } };
  };
  let mask = maskFromImportance(model, state, options);
  let gates = Float32Array.from(mask);
  while (state.step < rounds * batchesPerRound) {
    const { step } = state;
    const evaluation = evaluate(await batchAt(step), gates);
    const {
      loss,
      gradients: { gates: gradients },
    } = await finiteGradients(evaluation, step, sizes, entryName);
    const round = Math.floor(step / batchesPerRound);
    addSquares(state.squares, gradients, 1 / (step + 1));
    state.losses.push(loss);
    state.step = step + 1;
    const seen = mask;
    if (state.step % batchesPerRound === 0) {
      state.scores.set(nestedScores(state.scores, valueDensity(layout, state.squares), mask));
      mask = maskFromImportance(model, state, options);
      gates = Float32Array.from(mask);
    }
    const [kept, keptCost] = [keptPerBlock(layout, seen), maskCost(layout, seen)];
    yield { step, round, loss, mask: seen, gradients, state, kept, keptCost };
  }
}

/** The mask after the completed rounds: all units before the first round ends. */
export function maskFromImportance(
  { layout }: Pick<GatedModel<unknown>, 'layout'>,
  { step, scores }: Pick<ImportanceState, 'step' | 'scores'>,
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
