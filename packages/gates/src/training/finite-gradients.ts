import { NonFiniteError, StateError } from '../errors.js';
import type { GroupGradients } from './group-gradients.js';

/** A loop, as there may be millions at every step. */
function firstNonFinite(values: Float32Array): number | undefined {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return i;
  return undefined;
}

/**
 * Waits for the loss and gradients of a step and checks that all of them are numbers.
 *
 * @param sizes entries of each group.
 * @param entryName names an entry of a group in messages.
 * @throws {NonFiniteError} naming the step and the place.
 * @throws {StateError} if a gradient has another length than its group.
 */
export async function finiteGradients<Group extends string>(
  evaluation: Promise<GroupGradients<Group>>,
  step: number,
  sizes: Readonly<Record<Group, number>>,
  entryName: (group: Group, index: number) => string,
): Promise<GroupGradients<Group>> {
  const { loss, gradients } = await evaluation.catch((error: unknown) => {
    // A model that checks its own loss knows the layer.
    const found = error instanceof Error && 'code' in error && error.code === NonFiniteError.CODE;
    throw found ? new NonFiniteError({ what: 'loss', step, value: Number.NaN }, error) : error;
  });
  if (!Number.isFinite(loss)) throw new NonFiniteError({ what: 'loss', step, value: loss });
  for (const [group, size] of Object.entries(sizes) as [Group, number][]) {
    const found = gradients[group];
    if (found?.length !== size) {
      throw new StateError(`The gradients of ${group} have ${found?.length ?? 0} entries; expected ${size}.`);
    }
    const index = firstNonFinite(found);
    if (index === undefined) continue;
    const place = entryName(group, index);
    throw new NonFiniteError({ what: 'gradient', step, value: found[index]!, group, index, place });
  }
  return { loss, gradients };
}
