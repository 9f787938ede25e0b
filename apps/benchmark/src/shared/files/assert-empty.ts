import { readdir } from 'node:fs/promises';
import { writeError } from '@grasp/files';
import { BenchOptionError } from '../options/bench-option-error.js';

/**
 * Refuses an output folder that holds something, or whose name is that of a file.
 *
 * Results of an earlier run could be mistaken for those of this one, and what a user has there could be lost.
 *
 * @throws BenchOptionError, FileWriteError
 */
export async function assertEmpty(out: string): Promise<void> {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw writeError(out, error);
  });
  if (names.length > 0)
    throw new BenchOptionError(`--out ${out}: the folder is not empty. Choose another folder.`, 'out');
}
