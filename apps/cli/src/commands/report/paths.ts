import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertWritable, FileWriteError, isTaken, overlap } from '@grasp/files';
import { RUN_RECORD } from '@grasp/prune';
import { RUN_REPORT, RunFolderError } from '@grasp/report';
import { assertApart } from '../../shared/output-apart.js';

/** @throws RunFolderError if the folder is that of a sweep, whose exported models have reports of their own. */
export async function refuseSweep(folder: string): Promise<void> {
  if (!existsSync(join(folder, 'sweep.json')) || existsSync(join(folder, RUN_RECORD))) return;
  const entries = await readdir(folder, { withFileTypes: true });
  const models = entries
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, RUN_RECORD)))
    .map(({ name }) => join(folder, name));
  const detail =
    models.length > 0
      ? `it is the folder of a sweep. Give one of its models: ${models.sort().join(', ')}.`
      : 'it is the folder of a sweep without models. Write one with grasp sweep --export, and give its folder.';
  throw new RunFolderError(folder, detail);
}

/**
 * Refuses an output that is no .html, would replace a file that is read, or another file without `overwrite`. The report
 * that the run drew may be replaced.
 *
 * @throws SettingsError, FileWriteError
 */
export async function checkOutput(
  folder: string,
  out: string,
  { read, overwrite }: { readonly read: readonly string[]; readonly overwrite: boolean },
): Promise<void> {
  if (!out.endsWith('.html')) throw new FileWriteError(out, 'input', 'the name must end in ".html".');
  await assertApart(out, read);
  await assertWritable(out);
  if (!(await isTaken(out)) || (await overlap(out, join(folder, RUN_REPORT))) === 'same') return;
  if (!overwrite) throw new FileWriteError(out, 'overwrite', 'it exists.');
}
