import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

export function isDiskFull(problem: unknown): boolean {
  if (typeof problem === 'string')
    return /No space left on device|Disk quota exceeded|Errno 28|Errno 122/.test(problem);
  const code = (problem as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

export function isNotWritable(problem: unknown): boolean {
  const code = (problem as NodeJS.ErrnoException | undefined)?.code;
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM';
}

/** Writes a file's or folder's data through to the disk. */
export async function sync(target: string): Promise<void> {
  const handle = await open(target, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives a finished folder its final name; where another process was first, its folder stays. */
export async function renameInPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
    await sync(path.dirname(to));
  } catch (error) {
    if (!(await stat(to).catch(() => undefined))) throw error;
    await rm(from, { recursive: true, force: true });
  }
}
