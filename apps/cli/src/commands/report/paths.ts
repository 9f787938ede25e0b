import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assertWritable, FileWriteError, isTaken, overlap } from '@grasp/files';
import { RUN_RECORD, SettingsError } from '@grasp/prune';
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
 * Refuses an output that would replace a file of the run or one that is read, or another file without `overwrite`. The
 * report that the run drew may be replaced.
 *
 * @throws SettingsError, FileWriteError
 */
export async function checkOutput(
  folder: string,
  out: string,
  { read, overwrite }: { readonly read: readonly string[]; readonly overwrite: boolean },
): Promise<void> {
  await assertApart(out, read);
  await assertWritable(out);
  if (!(await isTaken(out)) || (await overlap(out, join(folder, RUN_REPORT))) === 'same') return;
  const place = await overlap(dirname(out), folder);
  if ((place === 'same' || place === 'inside') && !out.endsWith('.html'))
    throw new SettingsError(`--out ${out}: it is a file of the run. Give a name that ends in .html.`, [
      'out',
    ]);
  if (!overwrite) throw new FileWriteError(out, 'overwrite', 'it exists.');
}
