import { join, resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { decoderLayout } from '@grasp/decoder';
import { replaceFile } from '@grasp/files';
import { assertFitsMemory, checkStateFile, projectionOf, removeState, SettingsError } from '@grasp/prune';
import { RUN_REPORT, readRun, runReport } from '@grasp/report';
import { openEngineFor } from '../../shared/engine.js';
import { nonEmpty } from '../../shared/flags.js';
import { MODEL_HELP, withModel } from '../../shared/model.js';
import { withOutputFolder } from '../../shared/output-folder.js';
import { runFlags } from '../../shared/run/flags.js';
import { inFlags } from '../../shared/run/in-flags.js';
import { type RunOptions, runOptions } from '../../shared/run/options.js';
import { readTexts } from '../../shared/run/read-texts.js';
import { summaryTable } from '../../shared/run/summary-table.js';
import type { Terminal } from '../../shared/terminal.js';
import { dryRun } from './dry-run.js';
import { givenChoice } from './given-choice.js';
import { pruneResuming } from './resuming.js';

interface Flags {
  readonly config?: string;
  readonly dryRun?: true;
  readonly overwrite?: true;
  readonly restart?: true;
  readonly memoryCheck: boolean;
  readonly quiet?: true;
  readonly json?: true;
}

async function run(options: RunOptions, flags: Flags, terminal: Terminal): Promise<void> {
  const { model: path, out, backend, threads, gpuMemory, workers, saveEvery, settings } = options;
  const openEngine = () =>
    openEngineFor(terminal, { backend, threads, gpuMemory, workers, quiet: flags.quiet });
  await withModel(path, { terminal, quiet: flags.quiet }, async (model) => {
    const layout = decoderLayout(model.config);
    projectionOf(model.checkpoint, settings); // refuses a budget below the floor before any work
    if (flags.dryRun) {
      const texts = await readTexts(options, model, terminal);
      return dryRun({ ...model, ...texts, settings, engine: await openEngine() }, flags, terminal);
    }
    if (out === undefined) throw new SettingsError('No output folder was given. Add --out FOLDER.', ['out']);
    const given = await givenChoice(options, layout);
    const statePath = `${resolve(out)}.state`;
    const record = await withOutputFolder(out, { overwrite: flags.overwrite ?? false }, async (folder) => {
      await checkStateFile(statePath, { restart: flags.restart ?? false });
      const { sizes, ...texts } = await readTexts(options, model, terminal);
      const engine = await openEngine();
      if (flags.memoryCheck) assertFitsMemory(model.config, settings, sizes, engine);
      const job = { checkpoint: model.checkpoint, engine, settings, ...texts, ...given, folder, saveEvery };
      const record = await pruneResuming(job, statePath, { layout, ...flags }, terminal);
      await replaceFile(join(folder, RUN_REPORT), await runReport(await readRun(folder)));
      return record;
    });
    await removeState(statePath); // not before the folder has its name
    if (flags.json) return terminal.print(JSON.stringify(record, null, 2));
    terminal.print(summaryTable(record));
    terminal.print(`Written to ${out}`);
  });
}

export const pruneCommand = (terminal: Terminal) => {
  const command = new Command()
    .argument('[model]', MODEL_HELP, nonEmpty)
    .option('--config <file>', 'JSON file with inputs and grouped settings; flags win over it', nonEmpty)
    .option('--dry-run', 'print what the run would do, its time and its memory, and stop')
    .option('--overwrite', 'replace an earlier result in the output folder')
    .option('--restart', 'discard the saved state of an earlier run')
    .option('--no-memory-check', 'start even if the memory forecast says no')
    .option('--quiet', 'show no progress')
    .option('--json', 'print one JSON document instead of text');
  for (const { option } of runFlags()) command.addOption(option);
  return command.action(async (model, flags) => {
    const given = { ...flags, ...(model === undefined ? {} : { model }) };
    const options = await runOptions(given, flags.config);
    await inFlags(() => run(options, flags, terminal));
  });
};
