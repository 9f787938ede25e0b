import { assertUnits, keptPerBlock, maskCost } from '@grasp/budget';
import { TrainingOptionError } from '../errors.js';
import type { GatedModel } from '../model/gated-model.js';
import { unitName } from '../model/unit-name.js';
import { adamW } from '../training/adamw.js';
import type { Optimizer } from '../training/optimizer.js';
import type { ParameterGroup } from '../training/parameter-group.js';
import { type BatchAt, type GradientsOf, type TrainingRecord, train } from '../training/train.js';
import { initialState, type TrainingState } from '../training/training-state.js';
import { gateProbabilities, type MaskRule, projectedStraightThrough } from './straight-through.js';

export interface GateOptions {
  /** Number of steps in all, those of a resumed state included. The paper: four epochs. */
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

/** What one step of a method that chooses a mask did. Arrays are valid until the next step. */
export interface MaskRecord {
  /** The step's index, from 0. */
  readonly step: number;
  readonly loss: number;
  /** The mask under which this step's loss was taken. */
  readonly mask: Uint8Array;
  /** Units kept in each block of the layout by this mask. */
  readonly kept: Uint32Array;
  /** Cost of this mask, in the layout's cost unit. */
  readonly keptCost: number;
}

/** What one step of gate learning did. `gradients.gates` is dL/ds of each score. */
export interface GateRecord extends MaskRecord, TrainingRecord<'gates'> {}

export const DEFAULT_TEMPERATURE = 1.5;

/**
 * Learns which units to keep: stage A of GRASPrune (arXiv 2604.19398, section 3). The model's weights stay as they are;
 * one score per unit, the parameter group `gates`, is trained through the {@link projectedStraightThrough} estimator.
 *
 * Yields one record per step. `break` to stop early; pass a saved state to resume with the same numbers. The learned
 * mask is {@link maskFromScores} of the last state.
 *
 * @param state resumed and updated in place. Default: a new one.
 * @throws {NonFiniteError} if a loss or gradient is not finite. The state is then as before that step.
 */
export async function* learnGates<Batch>(
  model: GatedModel<Batch>,
  batchAt: BatchAt<Batch>,
  options: GateOptions,
  state?: TrainingState,
): AsyncGenerator<GateRecord, void, undefined> {
  const { layout } = model;
  const gradientsOf: GradientsOf<Batch, 'gates'> = async (batch, { gates }) => {
    const { loss, gradients } = await model.lossAndGateGradients(batch, gates, { units: 'all' });
    return { loss, gradients: { gates: gradients } };
  };
  const groups = { gates: gateGroup(model, options) };
  for await (const record of train(gradientsOf, groups, batchAt, options.steps, state)) {
    const mask = Uint8Array.from(record.values.gates);
    yield { ...record, mask, kept: keptPerBlock(layout, mask), keptCost: maskCost(layout, mask) };
  }
}

/** The state that {@link learnGates} starts from. */
export function initialGateState(
  model: Pick<GatedModel<unknown>, 'layout'>,
  options: GateOptions,
): TrainingState {
  return initialState({ gates: gateGroup(model, options) });
}

/** The mask that a state's scores stand for: after `step` steps, the one that the next step would use. */
export function maskFromScores(
  { parameters, step }: Pick<TrainingState, 'parameters' | 'step'>,
  options: GateOptions,
): Uint8Array {
  return options.chooseMask(gateProbabilities(parameters.gates!, temperatureOf(options)), step);
}

function gateGroup({ layout }: Pick<GatedModel<unknown>, 'layout'>, options: GateOptions): ParameterGroup {
  const { initialScores, optimizer = adamW(), chooseMask } = options;
  if (initialScores) assertUnits(layout, initialScores, 'initial scores');
  return {
    initial: initialScores ?? new Float32Array(layout.size),
    optimizer,
    parametrisation: projectedStraightThrough(chooseMask, temperatureOf(options)),
    entryName: (unit) => unitName(layout, unit),
  };
}

function temperatureOf({ temperature = DEFAULT_TEMPERATURE }: GateOptions): number {
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new TrainingOptionError(`The temperature must be a positive number; received ${temperature}.`);
  }
  return temperature;
}
