import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { parseJson } from '@grasp/files';
import { RUN_RECORD, type runInputs } from '@grasp/prune';
import { type CurvePoint, curvePoint, pointFor } from './curve-file.js';
import { isPointName } from './points.js';

/** Folders of the models that earlier sweeps wrote to `out`: each has the name of a point, and the record of its run. */
export async function exportedFolders(out: string): Promise<string[]> {
  const folders: string[] = [];
  for (const entry of await readdir(out, { withFileTypes: true })) {
    const folder = join(out, entry.name);
    const point = entry.isDirectory() ? await recordedPoint(folder).catch(() => undefined) : undefined;
    if (point && isPointName(entry.name, point.settings)) folders.push(folder);
  }
  return folders;
}

/**
 * The point of a model that an earlier sweep wrote to `folder`. Undefined if there is none, or one of other settings,
 * texts or versions, or one that does not open.
 */
export async function exportedPoint(
  folder: string,
  inputs: ReturnType<typeof runInputs>,
): Promise<CurvePoint | undefined> {
  try {
    const point = await recordedPoint(folder);
    const found = point && pointFor([point], inputs);
    // Opening compares the header of every weight file with the file's length.
    if (found) await (await openCheckpoint(folder)).close();
    return found;
  } catch {
    return undefined;
  }
}

const recordedPoint = async (folder: string): Promise<CurvePoint | undefined> =>
  curvePoint(parseJson(await readFile(join(folder, RUN_RECORD), 'utf8')));
