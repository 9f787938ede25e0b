import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { CARD, MASK_FILE, RUN_RECORD } from '@grasp/prune';

/** A folder is not the output of a finished run. */
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
 * Checks that a folder is a finished output: it has a record, a mask and a model card, and its checkpoint opens. Opening
 * compares the header of every weight file with the file's length.
 *
 * @throws UnfinishedOutputError
 */
export async function assertFinished(folder: string): Promise<void> {
  if (basename(resolve(folder)).endsWith('.partial')) {
    throw new UnfinishedOutputError(folder, 'its run is not finished');
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
