import { TrainingOptionError } from '../errors.js';
import { finiteGradients } from './finite-gradients.js';
import type { GroupGradients } from './group-gradients.js';
import { identity, type ParameterGroup } from './parameter-group.js';
import { assertStateOf, initialState, type TrainingState } from './training-state.js';

/** Evaluates a model at the values of each group. Values are valid until the next step. */
export type GradientsOf<Batch, Group extends string> = (
  batch: Batch,
  values: Readonly<Record<Group, Float32Array>>,
) => Promise<GroupGradients<Group>>;

/** The batch of a step. It must depend on the step alone, so that a resumed run sees the same batches. */
export type BatchAt<Batch> = (step: number) => Batch | Promise<Batch>;

/** What one step did. Arrays are valid until the next step. */
export interface TrainingRecord<Group extends string = string> {
  /** The step's index, from 0. */
  readonly step: number;
  readonly loss: number;
  /** The values at which this step's loss was taken. */
  readonly values: Readonly<Record<Group, Float32Array>>;
  /** dL/dθ of each parameter, before the update. */
  readonly gradients: Readonly<Record<Group, Float32Array>>;
  /** The live state with this step completed. Save it now to resume after this step. */
  readonly state: TrainingState;
}

/**
 * The one training loop: maps the parameters of each group to values, evaluates loss and gradients, pulls the
 * gradients back to the parameters, and updates each group with its own optimizer. Yields a record after each step,
 * from `state.step` up to `steps`, and updates the state in place. Leaving the loop early is a clean stop.
 *
 * @param gradientsOf evaluates the model.
 * @param groups the parameter groups by name.
 * @param steps number of steps in all, those of a resumed state included.
 * @param state resumed and updated in place. Default: a new one.
 * @throws {NonFiniteError} if a loss or gradient is not finite. The state is then as before that step.
 * @throws {StateError} if the state belongs to other groups.
 * @throws {TrainingOptionError} if `steps` is not a whole number.
 */
export async function* train<Batch, Group extends string>(
  gradientsOf: GradientsOf<Batch, Group>,
  groups: Readonly<Record<Group, ParameterGroup>>,
  batchAt: BatchAt<Batch>,
  steps: number,
  state: TrainingState = initialState(groups),
): AsyncGenerator<TrainingRecord<Group>, void, undefined> {
  if (!Number.isInteger(steps) || steps < 0) {
    throw new TrainingOptionError(`The number of steps must be a whole number from 0 on; received ${steps}.`);
  }
  assertStateOf(state, groups);
  const names = Object.keys(groups) as Group[];
  const each = <Value>(value: (name: Group) => Value) =>
    Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Group, Value>;
  const entryName = (name: Group, index: number) =>
    groups[name].entryName?.(index) ?? `entry ${index} of ${name}`;
  const gradients = each((name) => new Float32Array(groups[name].initial.length));
  while (state.step < steps) {
    const { step } = state;
    const mapped = each((name) => {
      const { parametrisation = identity } = groups[name];
      return parametrisation(state.parameters[name]!, step);
    });
    const values = each((name) => mapped[name].values);
    const sizes = each((name) => values[name].length);
    const evaluation = gradientsOf(await batchAt(step), values);
    const { loss, gradients: valueGradients } = await finiteGradients(evaluation, step, sizes, entryName);
    for (const name of names) {
      mapped[name].pullback(valueGradients[name], gradients[name]);
      const { optimizer } = groups[name];
      state.optimizer[name] = optimizer.update(
        state.parameters[name]!,
        gradients[name],
        state.optimizer[name]!,
      );
    }
    state.losses.push(loss);
    state.step = step + 1;
    yield { step, loss, values, gradients, state };
  }
}
