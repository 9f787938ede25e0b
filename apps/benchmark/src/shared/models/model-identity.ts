import type { Checkpoint } from '@grasp/checkpoint';
import { modelFingerprint } from '@grasp/prune';

/**
 * Hash of a model's config and all of its weights, as 16 hex digits. Reads every weight: a sample would not tell a model
 * from one that was made again with another mask, and the results of the one would stand for the other.
 */
export async function modelIdentity(checkpoint: Checkpoint): Promise<string> {
  return (await modelFingerprint(checkpoint)).slice(0, 16);
}
