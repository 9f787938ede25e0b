import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { parseJson } from '@grasp/files';
import { RUN_RECORD, type runInputs } from '@grasp/prune';
import { type CurvePoint, curvePoint, pointFor } from './curve-file.js';

/**
 * The point of a model that an earlier sweep wrote to `folder`. Undefined if there is none, or one of other settings,
 * texts or versions, or one that does not open.
 */
export async function exportedPoint(
  folder: string,
  inputs: ReturnType<typeof runInputs>,
): Promise<CurvePoint | undefined> {
  try {
    const point = curvePoint(parseJson(await readFile(join(folder, RUN_RECORD), 'utf8')));
    const found = point && pointFor([point], inputs);
    // Opening compares the header of every weight file with the file's length.
    if (found) await (await openCheckpoint(folder)).close();
    return found;
  } catch {
    return undefined;
  }
}
