import { resolve } from 'node:path';
import { decoderLayout } from '@grasp/decoder';
import {
  assertFitsMemory,
  checkStateFile,
  type Engine,
  type PruneJob,
  type RunRecord,
  removeState,
  runIdentity,
  type TextSizes,
  withGivenChoice,
} from '@grasp/prune';
import type { OpenModel } from '../../shared/model.js';
import { withOutputFolder } from '../../shared/output-folder.js';
import type { RunOptions } from '../../shared/run/options.js';
import { readTexts } from '../../shared/run/read-texts.js';
import { writeReport } from '../../shared/run/write-report.js';
import type { Terminal } from '../../shared/terminal.js';
import { writeIdentity } from './finished-run.js';
import { givenChoice } from './given-choice.js';
import { pruneResuming } from './resuming.js';

export interface FolderOptions {
  readonly out: string;
  readonly openEngine: () => Promise<Engine>;
  readonly memoryCheck: boolean;
  readonly overwrite?: boolean | undefined;
  readonly restart?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  /** Write what `finishedRun` recognizes the folder by. Default: false. */
  readonly withIdentity?: boolean | undefined;
}

/** The run that the options ask for, and the sizes of its texts. */
export async function jobOf(
  model: OpenModel,
  options: RunOptions,
  openEngine: FolderOptions['openEngine'],
  terminal: Terminal,
): Promise<{ readonly job: PruneJob; readonly sizes: TextSizes }> {
  const { checkpoint, config } = model;
  const given = await givenChoice(options, decoderLayout(config));
  const { sizes, ...texts } = await readTexts(options, model, terminal);
  const { settings } = options;
  const job = withGivenChoice({ checkpoint, engine: await openEngine(), settings, ...texts, ...given });
  return { job, sizes };
}

/** Prunes a model into a folder, resuming from the state beside it if there is one. */
export async function pruneFolder(
  model: OpenModel,
  options: RunOptions,
  { out, openEngine, memoryCheck, overwrite = false, restart = false, quiet, withIdentity }: FolderOptions,
  terminal: Terminal,
): Promise<RunRecord> {
  const { saveEvery } = options;
  const layout = decoderLayout(model.config);
  const statePath = `${resolve(out)}.state`;
  const record = await withOutputFolder(out, { overwrite }, async (folder) => {
    await checkStateFile(statePath, { restart });
    const { job, sizes } = await jobOf(model, options, openEngine, terminal);
    if (memoryCheck) assertFitsMemory(model.config, job.settings, sizes, job.engine);
    const identity = await runIdentity(job);
    const state = { path: statePath, identity, restart };
    const record = await pruneResuming({ ...job, folder, saveEvery }, state, { layout, quiet }, terminal);
    if (withIdentity) await writeIdentity(folder, identity);
    await writeReport(folder);
    return record;
  });
  await removeState(statePath); // not before the folder has its name
  return record;
}
