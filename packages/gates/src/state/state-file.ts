import { StateError } from '../errors.js';
import type { ImportanceState } from '../importance/importance-state.js';
import type { TrainingState } from '../training/training-state.js';
import { decodeVectors, encodeVectors, type SavedVectors } from './vector-file.js';

/**
 * A training state as one block of bytes.
 *
 * @param label names the owner of the state (stage, settings, data). {@link decodeState} asks for the same label.
 */
export function encodeState(
  { step, parameters, optimizer, losses }: TrainingState,
  label: string,
): Uint8Array {
  const optimizerSteps = Object.fromEntries(
    Object.entries(optimizer).map(([group, own]) => [group, own.step]),
  );
  const vectors = [
    ...Object.entries(parameters).map(([group, vector]) => ({ path: ['parameters', group], vector })),
    ...Object.entries(optimizer).flatMap(([group, own]) =>
      Object.entries(own.vectors).map(([name, vector]) => ({ path: ['optimizer', group, name], vector })),
    ),
  ];
  return encodeVectors({ label, numbers: { step, losses, optimizerSteps }, vectors });
}

/**
 * The state that {@link encodeState} wrote.
 *
 * @throws {StateError} if the bytes are damaged, of another version or kind, or carry another label.
 */
export function decodeState(bytes: Uint8Array, label: string): TrainingState {
  const { numbers, vectors } = decodeVectors(bytes, label);
  const steps = Object.entries(isObject(numbers.optimizerSteps) ? numbers.optimizerSteps : {});
  const parameters = byName(vectors.filter(({ path }) => path[0] === 'parameters' && path.length === 2));
  const optimizer = Object.fromEntries(
    steps.map(([group, step]) => {
      if (!isCount(step) || !Object.hasOwn(parameters, group)) throw wrongKind();
      const own = vectors.filter(
        ({ path }) => path[0] === 'optimizer' && path[1] === group && path.length === 3,
      );
      return [group, { step, vectors: byName(own) }];
    }),
  );
  if (steps.length === 0 || steps.length !== Object.keys(parameters).length) throw wrongKind();
  return { ...progressOf(numbers), parameters, optimizer };
}

/** The same for the state of `pruneByImportance`. */
export function encodeImportanceState(
  { step, scores, squares, losses }: ImportanceState,
  label: string,
): Uint8Array {
  const vectors = Object.entries({ scores, squares }).map(([name, vector]) => ({ path: [name], vector }));
  return encodeVectors({ label, numbers: { step, losses }, vectors });
}

/** The state that {@link encodeImportanceState} wrote. @throws {StateError} as {@link decodeState}. */
export function decodeImportanceState(bytes: Uint8Array, label: string): ImportanceState {
  const { numbers, vectors } = decodeVectors(bytes, label);
  const { scores, squares } = byName(vectors.filter(({ path }) => path.length === 1));
  if (!scores || scores.length !== squares?.length) throw wrongKind();
  return { ...progressOf(numbers), scores, squares };
}

function progressOf({ step, losses }: SavedVectors['numbers']): { step: number; losses: number[] } {
  if (!isCount(step) || !Array.isArray(losses) || losses.length !== step || !losses.every(Number.isFinite)) {
    throw wrongKind();
  }
  return { step, losses };
}

const byName = (vectors: SavedVectors['vectors']): Record<string, Float32Array> =>
  Object.fromEntries(vectors.map(({ path, vector }) => [path.at(-1)!, vector]));

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const wrongKind = () =>
  new StateError('The saved state is of another kind, or a field is missing. Delete it to start again.');
