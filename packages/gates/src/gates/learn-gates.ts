import { assertUnits, keptPerBlock, maskCost } from '@grasp/budget';
import { adamW } from '../training/adamw.js';
import { TrainingOptionError } from '../errors.js';
import type { GatedModel } from '../model/gated-model.js';
import type { Optimizer } from '../training/optimizer.js';
import { gateProbabilities, type MaskRule, projectedStraightThrough } from './straight-through.js';
import { type BatchAt, type TrainingRecord, trainScores } from '../training/train.js';
import { initialState, type TrainingState } from '../training/training-state.js';

export interface GateOptions {
  /** Steps in all, those of a resumed state included. The paper: four epochs. */
  readonly steps: number;
  /**
   * The mask of each step from the gate probabilities: a projection with its budget bound, for example
   * `(p) => projectExact(p, layout, budget)`.
   */
  readonly chooseMask: MaskRule;
  /** `τ` in `p = sigmoid(s / τ)`. Default 1.5. */
  readonly temperature?: number;
  /** Default: AdamW with the paper's settings. */
  readonly optimizer?: Optimizer;
  /** One score per unit to start from. Default: all 0. Not used when a state is resumed. */
  readonly initialScores?: Float32Array;
}

/** What one step of gate learning did. Arrays are valid until the next step. */
export interface GateRecord extends TrainingRecord {
  /** Units kept in each block of the layout by this step's mask. */
  readonly kept: Uint32Array;
  /** What this step's mask costs, in the layout's cost unit. */
  readonly keptCost: number;
}

export const DEFAULT_TEMPERATURE = 1.5;

/**
 * Learns which units to keep: stage A of GRASPrune (arXiv 2604.19398, section 3). The model's weights are never
 * touched; one score per unit is trained through the {@link projectedStraightThrough} estimator.
 *
 * Yields one record a step. `break` to stop early; pass a saved state to resume, which gives the same numbers as
 * running through. The mask learned is {@link maskFromScores} of the last state.
 *
 * @param state resumed and updated in place; a new one where left out.
 * @throws {NonFiniteError} if a loss or gradient is not finite; the state is then as before that step.
 */
export async function* learnGates<Batch>(
  model: GatedModel<Batch>,
  batchAt: BatchAt<Batch>,
  options: GateOptions,
  state: TrainingState = initialGateState(model, options),
): AsyncGenerator<GateRecord, void, undefined> {
  const { layout } = model;
  const gateMap = projectedStraightThrough(options.chooseMask, temperatureOf(options));
  const { steps, optimizer = adamW() } = options;
  for await (const record of trainScores(
    model,
    batchAt,
    { steps, gateMap, optimizer, units: 'all' },
    state,
  )) {
    const { mask } = record;
    yield { ...record, kept: keptPerBlock(layout, mask), keptCost: maskCost(layout, mask) };
  }
}

/** The state that {@link learnGates} starts from. */
export function initialGateState(
  model: Pick<GatedModel<unknown>, 'layout'>,
  options: GateOptions,
): TrainingState {
  const { initialScores, optimizer = adamW() } = options;
  if (initialScores) assertUnits(model.layout, initialScores, 'initial scores');
  return initialState(model.layout.size, optimizer, initialScores);
}

/** The mask that scores stand for: after `step` steps, the one that the next step would use. */
export function maskFromScores(
  { scores, step }: Pick<TrainingState, 'scores' | 'step'>,
  options: GateOptions,
) {
  return options.chooseMask(gateProbabilities(scores, temperatureOf(options)), step);
}

function temperatureOf({ temperature = DEFAULT_TEMPERATURE }: GateOptions): number {
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new TrainingOptionError(`The temperature must be a positive number; received ${temperature}.`);
  }
  return temperature;
}
