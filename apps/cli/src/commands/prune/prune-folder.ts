import { resolve } from 'node:path';
import { decoderLayout } from '@grasp/decoder';
import {
  assertFitsMemory,
  checkStateFile,
  type Engine,
  type RunRecord,
  removeState,
  withGivenChoice,
} from '@grasp/prune';
import type { OpenModel } from '../../shared/model.js';
import { withOutputFolder } from '../../shared/output-folder.js';
import type { RunOptions } from '../../shared/run/options.js';
import { readTexts } from '../../shared/run/read-texts.js';
import { writeReport } from '../../shared/run/write-report.js';
import type { Terminal } from '../../shared/terminal.js';
import { givenChoice } from './given-choice.js';
import { pruneResuming } from './resuming.js';

export interface FolderOptions {
  readonly out: string;
  readonly openEngine: () => Promise<Engine>;
  readonly memoryCheck: boolean;
  readonly overwrite?: boolean | undefined;
  readonly restart?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Prunes a model into a folder, resuming from the state beside it if there is one. */
export async function pruneFolder(
  model: OpenModel,
  options: RunOptions,
  { out, openEngine, memoryCheck, overwrite = false, restart = false, quiet }: FolderOptions,
  terminal: Terminal,
): Promise<RunRecord> {
  const { settings, saveEvery } = options;
  const layout = decoderLayout(model.config);
  const given = await givenChoice(options, layout);
  const statePath = `${resolve(out)}.state`;
  const record = await withOutputFolder(out, { overwrite }, async (folder) => {
    await checkStateFile(statePath, { restart });
    const { sizes, ...texts } = await readTexts(options, model, terminal);
    const engine = await openEngine();
    const { checkpoint } = model;
    const job = withGivenChoice({ checkpoint, engine, settings, ...texts, ...given, folder, saveEvery });
    if (memoryCheck) assertFitsMemory(model.config, job.settings, sizes, engine);
    const record = await pruneResuming(job, statePath, { layout, restart, quiet }, terminal);
    await writeReport(folder);
    return record;
  });
  await removeState(statePath); // not before the folder has its name
  return record;
}
