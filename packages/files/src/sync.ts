import { open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './errors.js';

/** What some file systems answer for a folder that they cannot open or sync. Windows has no handles of folders. */
const FOLDER_WITHOUT_SYNC = ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EISDIR', 'ENOSYS'];

/** Waits until a file's content, or a folder's list of names, is on the disk. */
export async function sync(path: string): Promise<void> {
  const isFolder = (await stat(path)).isDirectory();
  const isWindows = process.platform === 'win32';
  if (isFolder && isWindows) return;
  try {
    const handle = await open(path, isWindows ? 'r+' : 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!isFolder || !FOLDER_WITHOUT_SYNC.includes(codeOf(error))) throw error;
  }
}

/**
 * Gives a file or folder, whose content is on the disk, its final name, and waits until the name is on the disk too.
 */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await sync(dirname(to));
}
