import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireLock, CheckpointWriteError, writeError } from '@grasp/checkpoint';

/** Files in a sweep's folder, beside exported models. */
export const SCORES = 'scores.state';
export const CURVE = 'sweep.json';

/**
 * Creates the folder of a sweep or opens an existing one, and locks it while `work` runs.
 *
 * @throws CheckpointWriteError if the folder holds something else, is in use, or cannot be created.
 */
export async function withSweepFolder<Result>(out: string, work: () => Promise<Result>): Promise<Result> {
  const release = await claim(out).catch((error: unknown) => {
    throw writeError(out, error);
  });
  try {
    return await work();
  } finally {
    await release();
    if ((await readdir(out)).length === 0) await rm(out, { recursive: true });
  }
}

async function claim(out: string): Promise<() => Promise<void>> {
  await mkdir(out, { recursive: true });
  const names = await readdir(out);
  const ours = ['sweep.lock', SCORES, CURVE].some((name) => names.includes(name));
  if (names.length > 0 && !ours) {
    const detail = 'it is not empty, and not the folder of a sweep. Choose another folder.';
    throw new CheckpointWriteError(out, 'exists', detail);
  }
  return acquireLock(join(out, 'sweep.lock'));
}
