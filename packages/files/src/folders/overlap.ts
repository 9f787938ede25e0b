import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';

/** How an output lies to an input: it is the same, `inside` it, or `around` it. */
export type Overlap = 'same' | 'inside' | 'around';

/**
 * Compares the path of an output, which need not exist, with that of an input. Links are followed.
 *
 * @returns undefined if they are apart: writing the one leaves the other as it is
 */
export async function overlap(output: string, input: string): Promise<Overlap | undefined> {
  const [out, read] = [await placeOf(resolve(output)), await placeOf(resolve(input))];
  if (out === read) return 'same';
  if (isBelow(out, read)) return 'inside';
  return isBelow(read, out) ? 'around' : undefined;
}

const isBelow = (path: string, folder: string): boolean =>
  path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

/** The path without links, as far as it exists. */
async function placeOf(path: string): Promise<string> {
  const found = await realpath(path).catch(() => undefined);
  if (found !== undefined || dirname(path) === path) return found ?? path;
  return join(await placeOf(dirname(path)), basename(path));
}

/** Whether anything has a name: a file, a folder, or a link, which may lead nowhere. */
export async function isTaken(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
