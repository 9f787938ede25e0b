import { StateError } from '../errors.js';
import type { OptimizerState } from './optimizer.js';
import type { ParameterGroup } from './parameter-group.js';

/** Everything that training needs to continue: plain data, see `encodeState`. Vectors are keyed by group. */
export interface TrainingState {
  /** Steps completed; the next step's index. */
  step: number;
  /** Trained parameters, float32. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly optimizer: Record<string, OptimizerState>;
  /** Loss of each completed step. */
  readonly losses: number[];
}

/** The state before the first step. */
export function initialState(groups: Readonly<Record<string, ParameterGroup>>): TrainingState {
  const of = <Value>(value: (group: ParameterGroup) => Value): Record<string, Value> =>
    Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, value(group)]));
  return {
    step: 0,
    parameters: of(({ initial }) => initial.slice()),
    optimizer: of(({ initial, optimizer }) => optimizer.init(initial.length)),
    losses: [],
  };
}

/** @throws {StateError} if the state's groups are not these, or differ in length. */
export function assertStateOf(
  state: TrainingState,
  groups: Readonly<Record<string, Pick<ParameterGroup, 'initial'>>>,
): void {
  const shown = (lengths: Iterable<[string, number]>) =>
    [...lengths]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, length]) => `${name} (${length})`)
      .join(', ');
  const found = shown(Object.entries(state.parameters).map(([name, { length }]) => [name, length]));
  const expected = shown(Object.entries(groups).map(([name, { initial }]) => [name, initial.length]));
  if (found === expected) return;
  throw new StateError(
    `The training state has the parameter groups ${found}; this stage trains ${expected}. Resume it with the stage that made it.`,
  );
}
