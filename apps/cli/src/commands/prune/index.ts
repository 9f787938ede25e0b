import { Command } from '@commander-js/extra-typings';
import {
  assertDtype,
  assertGiven,
  type Engine,
  type HealSettings,
  projectionOf,
  SettingsError,
  withGivenChoice,
} from '@grasp/prune';
import { openEngineFor } from '../../shared/engine.js';
import { nonEmpty } from '../../shared/flags.js';
import { healSummary } from '../../shared/heal/heal-summary.js';
import { MODEL_HELP, withModel } from '../../shared/model.js';
import { runFlags } from '../../shared/run/flags.js';
import { inFlags } from '../../shared/run/in-flags.js';
import { type RunOptions, runOptions } from '../../shared/run/options.js';
import { readTexts } from '../../shared/run/read-texts.js';
import { summaryTable } from '../../shared/run/summary-table.js';
import {
  HEAL_CONDITIONS,
  LORA_CONDITIONS,
  RUN_CONDITIONS,
  showUnusedFlags,
} from '../../shared/run/unused-flags.js';
import type { Terminal } from '../../shared/terminal.js';
import { showShorterWindows } from '../../shared/texts.js';
import { dryRun } from './dry-run.js';
import { givenChoice } from './given-choice.js';
import { assertHealDtype, HEAL_PREFIX, healStage, likelyHealing, pruneAndHeal } from './heal-stage.js';
import { pruneFolder } from './prune-folder.js';

interface Flags {
  readonly config?: string;
  readonly dryRun?: true;
  readonly overwrite?: true;
  readonly restart?: true;
  readonly memoryCheck: boolean;
  readonly quiet?: true;
  readonly json?: true;
}

/** Values of the settings that were given as flags, by commander's name. */
type Given = Readonly<Record<string, unknown>>;

async function run(options: RunOptions, flags: Flags & Given, terminal: Terminal): Promise<void> {
  const { model: path, out, backend, threads, gpuMemory, workers, settings } = options;
  let engine: Promise<Engine> | undefined;
  const openEngine = () => {
    engine ??= openEngineFor(terminal, { backend, threads, gpuMemory, workers, quiet: flags.quiet });
    return engine;
  };
  const healing = healStage(options);
  showUnusedFlags(RUN_CONDITIONS, options, flags, terminal);
  if (healing) showUnusedFlags(HEAL_CONDITIONS, healing, flags, terminal, HEAL_PREFIX);
  await withModel(path, { terminal, quiet: flags.quiet, threads }, async (model) => {
    const projection = projectionOf(model.checkpoint, settings); // refuses a budget below the floor before any work
    showShorterWindows(options, model.config, terminal);
    if (flags.dryRun) {
      const given = await givenChoice(options, projection.layout);
      assertGiven(given, settings, projection);
      const texts = await readTexts(options, model, terminal);
      const engine = await openEngine();
      assertDtype(engine, settings.engine.dtype);
      if (healing) assertHealDtype(engine, healing);
      const heal = healing && likelyHealing(model, options, healing, engine, flags);
      const job = withGivenChoice({ ...model, ...texts, ...given, settings, engine, heal });
      return dryRun(job, flags, terminal);
    }
    if (out === undefined) throw new SettingsError('No output folder was given. Add --out FOLDER.', ['out']);
    const how = { ...flags, out, openEngine };
    if (healing) {
      const onSettings = (chosen: HealSettings) =>
        showUnusedFlags(LORA_CONDITIONS, { settings: chosen }, flags, terminal, HEAL_PREFIX);
      const { pruned, healed } = await pruneAndHeal(
        model,
        options,
        healing,
        { ...how, onSettings },
        terminal,
      );
      if (flags.json) return terminal.print(JSON.stringify({ pruned, healed }, null, 2));
      terminal.print(summaryTable(pruned));
      terminal.print(healSummary(healed));
    } else {
      const record = await pruneFolder(model, options, how, terminal);
      if (flags.json) return terminal.print(JSON.stringify(record, null, 2));
      terminal.print(summaryTable(record));
    }
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
