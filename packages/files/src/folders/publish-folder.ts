import { rm, stat } from 'node:fs/promises';
import { renameDurably } from '../sync.js';

/**
 * Gives a complete folder of a cache its final name, and waits until the name is on the disk. If another process was
 * first, its folder is kept and `from` is removed.
 *
 * @param from a complete folder on the same disk as `to`. Its content is not synced here.
 * @throws system errors, if the folder cannot be renamed and `to` does not exist
 */
export async function publishFolder(from: string, to: string): Promise<void> {
  try {
    await renameDurably(from, to);
  } catch (error) {
    if (!(await stat(to).catch(() => undefined))) throw error;
    await rm(from, { recursive: true, force: true });
  }
}
