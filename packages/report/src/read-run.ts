import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeMask, type PrunedUnits } from '@grasp/fold';
import { MASK_FILE, RUN_RECORD, type RunRecord, readRunRecord } from '@grasp/prune';
import { RunFolderError } from './errors.js';

/** Name of the report in the output folder of a run. */
export const RUN_REPORT = 'report.html';

/** What a run left in its output folder about itself. */
export interface FinishedRun {
  readonly record: RunRecord;
  readonly units: PrunedUnits & Required<Pick<PrunedUnits, 'scores'>>;
}

/**
 * Reads the record of a run, of this release or an earlier one, and the units it kept with their scores.
 *
 * @throws {RunFolderError} if the folder has no record, or it cannot be read.
 * @throws {MaskFileError} if the mask file is damaged.
 */
export async function readRun(folder: string): Promise<FinishedRun> {
  const record = recordOf(folder, await read(folder, RUN_RECORD));
  const { scores, ...units } = decodeMask(await read(folder, MASK_FILE));
  if (!scores) throw new RunFolderError(folder, `${MASK_FILE} holds no scores. ${ANOTHER}`);
  return { record, units: { ...units, scores } };
}

const ANOTHER = 'Another release wrote it: prune again with this one.';

async function read(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    const detail = `there is no ${name}, which grasp prune writes into its output folder.`;
    throw new RunFolderError(folder, detail, { cause: error });
  }
}

function recordOf(folder: string, bytes: Uint8Array): RunRecord {
  let record: unknown;
  try {
    record = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new RunFolderError(folder, `${RUN_RECORD} is damaged: it is not JSON.`, { cause: error });
  }
  try {
    return readRunRecord(record);
  } catch (error) {
    throw new RunFolderError(folder, `${RUN_RECORD}: ${(error as Error).message}`, { cause: error });
  }
}
