import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { sync } from '@grasp/download';

/** Whether an error means that a path is not writable. */
export function isNotWritable(problem: unknown): boolean {
  const code = (problem as NodeJS.ErrnoException | undefined)?.code;
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM';
}

/** Renames a finished folder. If another process was first, its folder is kept and `from` is deleted. */
export async function renameInPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
    await sync(path.dirname(to));
  } catch (error) {
    if (!(await stat(to).catch(() => undefined))) throw error;
    await rm(from, { recursive: true, force: true });
  }
}
