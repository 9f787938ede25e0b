import { existsSync } from 'node:fs';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireLock, FileWriteError, isTaken, removeDrafts, writeError } from '@grasp/files';

/** Files in a sweep's folder, beside exported models. */
export const SCORES = 'scores.state';
export const CURVE = 'sweep.json';
const LOCK = 'sweep.lock';

/**
 * Creates the folder of a sweep or opens an existing one, and locks it while `work` runs.
 *
 * @throws FileWriteError if the folder holds something else, is in use, or cannot be created.
 */
export async function withSweepFolder<Result>(out: string, work: () => Promise<Result>): Promise<Result> {
  const { release, created } = await claim(out).catch((error: unknown) => {
    throw writeError(out, error);
  });
  try {
    return await work();
  } finally {
    await release();
    if (created) await rmdir(out).catch(() => {}); // only if it is empty
  }
}

async function claim(out: string): Promise<{ release: () => Promise<void>; created: boolean }> {
  if ((await isTaken(out)) && !existsSync(out)) {
    throw new FileWriteError(
      out,
      'exists',
      'it is a link that leads nowhere. Remove it, or choose another name.',
    );
  }
  const created = (await mkdir(out, { recursive: true })) !== undefined;
  const names = await readdir(out);
  // A process that is killed at once leaves no more than a draft of its lock.
  const ours = names.some((name) => name === SCORES || name === CURVE || name.startsWith(LOCK));
  if (names.length > 0 && !ours) {
    const detail = 'it is not empty, and not the folder of a sweep. Choose another folder.';
    throw new FileWriteError(out, 'exists', detail);
  }
  const release = await acquireLock(join(out, LOCK));
  for (const name of [SCORES, CURVE]) await removeDrafts(join(out, name)); // of a process that was killed while it wrote
  return { release, created };
}
