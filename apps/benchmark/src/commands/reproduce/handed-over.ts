import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Claimant, releaseOutputFolder, replaceFile } from '@grasp/files';

/**
 * An array of tasks that a launcher was given: `KEY.json` beside the logs of its tasks, from before it is submitted
 * until none of them is left in the queue. So whoever looks later knows what is under way.
 */
export interface HandedOver {
  readonly key: string;
  readonly launcher: string;
  /** What each task does, by its place. */
  readonly steps: readonly string[];
}

const pathOf = (folder: string, key: string): string => join(folder, `${key}.json`);

export async function writeHandedOver(folder: string, { key, ...array }: HandedOver): Promise<void> {
  await replaceFile(pathOf(folder, key), `${JSON.stringify(array, null, 2)}\n`);
}

export const removeHandedOver = (folder: string, key: string): Promise<void> =>
  rm(pathOf(folder, key), { force: true });

/** All that a launcher was given and that was not seen to end. */
export async function readHandedOver(folder: string, launcher: string): Promise<HandedOver[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const arrays = names.map(async (name) => {
    const array = JSON.parse(await readFile(join(folder, name), 'utf8')) as Omit<HandedOver, 'key'>;
    return { key: name.slice(0, -'.json'.length), ...array };
  });
  return (await Promise.all(arrays)).filter((array) => array.launcher === launcher);
}

/** First line of a task's log: what it does, and in which process. */
export const firstLine = (step: string, { pid, host }: Claimant): string =>
  `${step}: process ${pid} on ${host}`;

/** Ends the claim on a folder of a task that is known to have died; nobody could tell from another machine. */
export async function releaseClaim(folder: string, log: string): Promise<void> {
  const [, pid, host] = /: process (\d+) on (\S+)$/m.exec(await textOf(log)) ?? [];
  if (host !== undefined) await releaseOutputFolder(folder, { pid: Number(pid), host });
}

/** The last line that a task left; undefined if it left no log at all. */
export async function lastWords(log: string): Promise<string | undefined> {
  return (await textOf(log)).trim().split('\n').at(-1) || undefined;
}

const textOf = (log: string): Promise<string> => readFile(log, 'utf8').catch(() => '');
