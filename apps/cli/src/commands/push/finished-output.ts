import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { CARD, MASK_FILE, RUN_RECORD } from '@grasp/prune';

/** A folder that is not what a finished run leaves. */
class UnfinishedOutputError extends Error {
  override readonly name = 'UnfinishedOutputError';
  readonly code = 'GRASP_UNFINISHED_OUTPUT';
  constructor(
    readonly folder: string,
    problem: string,
  ) {
    super(`${folder} is not a finished output of "grasp prune": ${problem}. Nothing was pushed.`);
  }
}

/**
 * Makes sure that a folder is a finished output: record, mask and card are there, and the checkpoint opens, which reads
 * the header of every weight file and compares it with the file's length.
 *
 * @throws UnfinishedOutputError
 */
export async function assertFinished(folder: string): Promise<void> {
  if (basename(resolve(folder)).endsWith('.partial')) {
    throw new UnfinishedOutputError(folder, 'a run has not given it its name yet');
  }
  const read = (name: string) =>
    readFile(join(folder, name), 'utf8').catch(() => {
      throw new UnfinishedOutputError(folder, `it has no ${name}`);
    });
  const record = await read(RUN_RECORD);
  await read(MASK_FILE);
  await read(CARD);
  if (!/^\{\s*"format":\s*"grasp-run"/.test(record)) {
    throw new UnfinishedOutputError(folder, `its ${RUN_RECORD} is not the record of a run`);
  }
  const checkpoint = await openCheckpoint(folder).catch((error: Error) => {
    throw new UnfinishedOutputError(folder, error.message.replace(/\.$/, ''));
  });
  await checkpoint.close();
}
