import { existsSync } from 'node:fs';
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

/**
 * Why an output would change what the command that writes it reads, as a part of a sentence.
 *
 * @param inputs paths; those that do not exist are not compared, because they may be names
 * @param made paths that the command makes where they do not exist, and reads
 * @returns undefined if the output is apart from all of them
 */
export async function overlapProblem(
  output: string,
  inputs: readonly string[],
  made: readonly string[] = [],
): Promise<string | undefined> {
  for (const input of [...inputs.filter((path) => existsSync(path)), ...made]) {
    const found = await overlap(output, input);
    if (found !== undefined) return PROBLEMS[found](input);
  }
  return undefined;
}

const PROBLEMS: Record<Overlap, (input: string) => string> = {
  same: (input) => `${input} is read by the same command`,
  inside: (input) => `it lies in ${input}, which the same command reads`,
  around: (input) => `it contains ${input}, which the same command reads`,
};

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
