/** Draws a finished run. */
import { writeFile } from 'node:fs/promises';
import { readRun, runReport } from '@grasp/report';

export async function drawRun(folder: string, file: string): Promise<void> {
  await writeFile(file, await runReport(await readRun(folder)));
}
