import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Claimant, parseJson, releaseOutputFolder, replaceFile } from '@grasp/files';
import * as z from 'zod';

/**
 * An array of tasks that was submitted to a launcher. It is recorded in `KEY.json`, beside the logs of its tasks, before
 * it is submitted, and the record is removed when none of its tasks is in the queue. A later call therefore knows which
 * tasks may still run.
 */
export interface SubmittedArray {
  readonly key: string;
  /** Name of the launcher. */
  readonly launcher: string;
  /** Name of the step of each task. */
  readonly steps: readonly string[];
}

const schema = z.object({ launcher: z.string(), steps: z.array(z.string()) });

const pathOf = (folder: string, key: string): string => join(folder, `${key}.json`);

export async function recordArray(folder: string, { key, ...array }: SubmittedArray): Promise<void> {
  await replaceFile(pathOf(folder, key), `${JSON.stringify(array, null, 2)}\n`);
}

export const removeRecord = (folder: string, key: string): Promise<void> =>
  rm(pathOf(folder, key), { force: true });

/** The recorded arrays of a launcher. Damaged records are ignored: their unfinished steps are submitted again. */
export async function recordedArrays(folder: string, launcher: string): Promise<SubmittedArray[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const arrays: SubmittedArray[] = [];
  for (const name of names) {
    const array = parseRecord(await readFile(join(folder, name), 'utf8'));
    if (array?.launcher === launcher) arrays.push({ key: name.slice(0, -'.json'.length), ...array });
  }
  return arrays;
}

function parseRecord(text: string): z.output<typeof schema> | undefined {
  try {
    return schema.parse(parseJson(text));
  } catch {
    return undefined;
  }
}

/** First line of the log of a task: its step, and the process that runs it. */
export const logHeader = (step: string, { pid, host }: Claimant): string =>
  `${step}: process ${pid} on ${host}`;

/**
 * Releases the claim on an output folder that is held by the task of a log. Call it only for a task that has ended: a
 * claim of another machine cannot be checked otherwise.
 */
export async function releaseClaim(folder: string, log: string): Promise<void> {
  const [, pid, host] = /: process (\d+) on (\S+)$/m.exec(await textOf(log)) ?? [];
  if (host !== undefined) await releaseOutputFolder(folder, { pid: Number(pid), host });
}

/** The last line of a log. Undefined if the log is missing or empty. */
export async function lastLogLine(log: string): Promise<string | undefined> {
  return (await textOf(log)).trim().split('\n').at(-1) || undefined;
}

const textOf = (log: string): Promise<string> => readFile(log, 'utf8').catch(() => '');
