import { createBranch, createRepo, HubApiError, modelInfo } from '@huggingface/hub';
import type { HubAccess } from '../access/access.js';
import { PushError } from '../errors.js';

/**
 * Creates a model repository and a branch of it, if they are missing.
 *
 * @throws PushError if `isPrivate` is set and the repository exists and is public; HubApiError
 */
export async function ensureRepository(
  id: string,
  branch: string,
  isPrivate: boolean,
  access: HubAccess & { readonly accessToken: string },
): Promise<void> {
  const repo = { type: 'model', name: id } as const;
  try {
    await createRepo({ repo, ...(isPrivate ? { visibility: 'private' } : {}), ...access });
  } catch (error) {
    // A token for this repository alone may not create any: 403, though it exists.
    if (!isStatus(error, 409, 403)) throw error;
    const info = await modelInfo({ name: id, ...access }).catch(() => undefined);
    if (!info && isStatus(error, 403)) throw error;
    if (isPrivate && info?.private !== true) {
      throw new PushError(
        'refused',
        `${id} exists and is not private. Nothing was pushed. Make it private in its settings, or choose another name.`,
      );
    }
  }
  if (branch === 'main') return;
  await createBranch({ repo, branch, ...access }).catch((error: unknown) => {
    if (!isStatus(error, 409)) throw error;
  });
}

function isStatus(error: unknown, ...statuses: number[]): boolean {
  return error instanceof HubApiError && statuses.includes(error.statusCode);
}
