import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/** Bytes of a file; 0 if there is none. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Writes a file's or folder's data through to the disk. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What identifies a file's content: its SHA-256, or, for small files on the Hub, git's SHA-1 of it. */
export interface Digest {
  readonly algorithm: 'sha256' | 'git-sha1';
  readonly hex: string;
}

/** Hashes a file, some megabytes at a time. */
export async function digestOf(
  path: string,
  algorithm: Digest['algorithm'],
  onBytes?: (done: number) => void,
): Promise<string> {
  const hash = await begin(path, algorithm);
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * 2 ** 20 })) {
    hash.update(chunk);
    done += (chunk as Buffer).length;
    onBytes?.(done);
  }
  return hash.digest('hex');
}

async function begin(path: string, algorithm: Digest['algorithm']): Promise<Hash> {
  if (algorithm === 'sha256') return createHash('sha256');
  return createHash('sha1').update(`blob ${(await stat(path)).size}\0`);
}

/** Whether an error, or what a program said of one, means that the disk or a quota is full. */
export function isDiskFull(problem: unknown): boolean {
  if (typeof problem === 'string')
    return /No space left on device|Disk quota exceeded|Errno 28|Errno 122/.test(problem);
  const code = (problem as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
