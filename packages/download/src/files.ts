import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { isDiskFull as isDiskFullError } from '@grasp/files';

/** Size of a file in bytes. 0 if there is none, or it is a link. */
export async function sizeOf(path: string): Promise<number> {
  return lstat(path).then(
    (info) => (info.isFile() ? info.size : 0),
    () => 0,
  );
}

/** A hash of a file's content: SHA-256, or git's SHA-1, by which the Hub lists small files. */
export interface Digest {
  readonly algorithm: 'sha256' | 'git-sha1';
  readonly hex: string;
}

/**
 * Hashes a file, a few megabytes at a time.
 *
 * @returns the hash in hexadecimal
 */
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

/** Whether an error, or the output of a program, says that the disk or a quota is full. */
export function isDiskFull(problem: unknown): boolean {
  if (typeof problem !== 'string') return isDiskFullError(problem);
  return /No space left on device|Disk quota exceeded|Errno 28|Errno 122/.test(problem);
}
