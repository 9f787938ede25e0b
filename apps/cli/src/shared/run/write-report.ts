import { join } from 'node:path';
import { replaceFile } from '@grasp/files';
import { RUN_REPORT, readRun, runReport } from '@grasp/report';

/** Draws the run that stands in an output folder, and writes the page beside it. */
export async function writeReport(folder: string): Promise<void> {
  await replaceFile(join(folder, RUN_REPORT), await runReport(await readRun(folder)));
}
