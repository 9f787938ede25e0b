import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@grasp/files';
import { decodeMask, type PrunedUnits } from '@grasp/fold';
import { MASK_FILE, RUN_RECORD, type RunRecord, readRunRecord } from '@grasp/prune';
import { RunFolderError } from '../errors.js';
import { recordProblem } from './check-record.js';

/** Name of the report in the output folder of a run. */
export const RUN_REPORT = 'report.html';

/** The records of a finished run in its output folder. */
export interface FinishedRun {
  readonly record: RunRecord;
  readonly units: PrunedUnits & Required<Pick<PrunedUnits, 'scores'>>;
}

/**
 * Reads the record of a run, its mask and its scores.
 *
 * @throws {RunFolderError} if a file is missing, damaged, or from another release.
 * @throws {MaskFileError} if the mask file is damaged.
 */
export async function readRun(folder: string): Promise<FinishedRun> {
  const record = recordOf(folder, await read(folder, RUN_RECORD));
  const { scores, ...units } = decodeMask(await read(folder, MASK_FILE));
  if (!scores) throw new RunFolderError(folder, `${MASK_FILE} holds no scores. ${ANOTHER}`);
  const beyond = units.layout.blocks.find(({ layer }) => layer >= MOST_LAYERS);
  if (beyond) {
    throw new RunFolderError(
      folder,
      `${MASK_FILE}: layer ${beyond.layer} is beyond the limit of ${MOST_LAYERS} layers. The file is damaged.`,
    );
  }
  return { record, units: { ...units, scores } };
}

/** The heat map has a column per layer. Models have some hundred layers. */
const MOST_LAYERS = 4096;

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
    record = parseJson(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new RunFolderError(folder, `${RUN_RECORD} is damaged: it is not JSON.`, { cause: error });
  }
  let found: RunRecord;
  try {
    found = readRunRecord(record);
  } catch (error) {
    throw new RunFolderError(folder, `${RUN_RECORD}: ${(error as Error).message}`, { cause: error });
  }
  const problem = recordProblem(found);
  if (problem === undefined) return found;
  const detail = `${RUN_RECORD} is damaged: ${problem}. Prune again, or restore the file.`;
  throw new RunFolderError(folder, detail);
}
