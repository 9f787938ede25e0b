import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { openCheckpoint } from '@grasp/checkpoint';
import { parseJson, replaceFile } from '@grasp/files';
import { RUN_RECORD, type RunIdentity, type RunRecord, readRunRecord } from '@grasp/prune';

/** Name of the file that says which run wrote a folder, with the hash of the weights that it read. */
const IDENTITY_FILE = 'grasp-identity.json';

/** Writes into the folder of a run what determines its result. `finishedRun` recognizes the folder by it. */
export function writeIdentity(folder: string, identity: RunIdentity): Promise<void> {
  return replaceFile(join(folder, IDENTITY_FILE), `${JSON.stringify(identity, null, 2)}\n`);
}

/**
 * The record of the run that wrote a folder.
 *
 * @param identity of the run that is wanted. Asked only if the folder holds a pruned model: it reads every weight.
 * @returns undefined if the folder holds no pruned model, or that of another run.
 */
export async function finishedRun(
  folder: string,
  identity: () => Promise<RunIdentity>,
): Promise<RunRecord | undefined> {
  const json = async (name: string) => parseJson(await readFile(join(folder, name), 'utf8'));
  let record: RunRecord;
  let written: unknown;
  try {
    record = readRunRecord(await json(RUN_RECORD));
    written = await json(IDENTITY_FILE);
    await (await openCheckpoint(folder)).close();
  } catch {
    return undefined;
  }
  return isDeepStrictEqual(written, await identity()) ? record : undefined;
}
