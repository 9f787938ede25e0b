import { readdir } from 'node:fs/promises';
import { BenchOptionError } from '../options/bench-option-error.js';

/**
 * Results of an earlier run could be mistaken for those of this one, and what a user has there could be lost.
 *
 * @throws BenchOptionError if the folder of `--out` holds something
 */
export async function assertEmpty(out: string): Promise<void> {
  const names = await readdir(out).catch(() => []);
  if (names.length > 0)
    throw new BenchOptionError(`--out ${out}: the folder is not empty. Choose another folder.`, 'out');
}
