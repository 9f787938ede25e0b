import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { sync } from '@grasp/download';

export function isNotWritable(problem: unknown): boolean {
  const code = (problem as NodeJS.ErrnoException | undefined)?.code;
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM';
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
