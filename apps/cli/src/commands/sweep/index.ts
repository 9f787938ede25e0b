import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { BUDGET_NAMES, SettingsError } from '@grasp/prune';
import { listOf, nonEmpty } from '../../shared/flags.js';
import { MODEL_HELP, withModel } from '../../shared/model.js';
import { runFlags } from '../../shared/run/flags.js';
import { inFlags } from '../../shared/run/in-flags.js';
import { RUN_CONDITIONS, showUnusedFlags } from '../../shared/run/unused-flags.js';
import type { Terminal } from '../../shared/terminal.js';
import { curveTable } from './curve-table.js';
import { dryRun } from './dry-run.js';
import { DEFAULT_KEEP, pointsNamed, type Sweep, sweepOf } from './points.js';
import { runSweep } from './run-sweep.js';
import { withSweepFolder } from './sweep-folder.js';

interface Flags {
  readonly export?: readonly string[];
  readonly dryRun?: true;
  readonly overwrite?: true;
  readonly restart?: true;
  readonly memoryCheck: boolean;
  readonly quiet?: true;
  readonly json?: true;
}

async function run(
  sweep: Sweep,
  flags: Flags & Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<void> {
  const { json, quiet } = flags;
  const { model: path, out, threads, scores, mask, methodModule } = sweep.options;
  if (scores ?? mask ?? methodModule)
    throw new SettingsError(
      'grasp sweep learns its own scores. Use grasp prune with --scores, --mask or a module.',
      ['method'],
    );
  if (sweep.options.heal.tokens !== undefined)
    throw new SettingsError('grasp sweep does not heal. Heal a point that it exported, by grasp heal.', [
      'heal.tokens',
    ]);
  showUnusedFlags(RUN_CONDITIONS, sweep.options, flags, terminal);
  if (flags.dryRun) {
    return withModel(path, { terminal, quiet, threads }, (model) => dryRun(sweep, model, flags, terminal));
  }
  if (out === undefined) throw new SettingsError('No output folder was given. Add --out FOLDER.', ['out']);
  const exported = pointsNamed(sweep, flags.export ?? []);
  const curve = await withModel(path, { terminal, quiet, threads }, (model) =>
    withSweepFolder(out, () => runSweep(sweep, model, { ...flags, out, exported }, terminal)),
  );
  if (json) return terminal.print(JSON.stringify(curve, null, 2));
  terminal.print(curveTable(curve));
  for (const { name } of exported) terminal.print(`Written to ${join(out, name)}`);
}

/** The option of a budget, for several values. They stay texts, which name folders. */
function severalOf(option: Option): Option {
  const flags = option.flags.replace('<value>', '<values>');
  // Where a run has one value, a sweep has those of the paper.
  const description = option.description.replace('default: 0.5', `default: ${DEFAULT_KEEP.join()}`);
  const several = new Option(flags, `${description}; separate several values by commas`);
  several.argParser(
    listOf((text) => {
      option.parseArg?.(text, undefined);
      return text;
    }),
  );
  return several.helpGroup(option.helpGroupHeading ?? '');
}

export const sweepCommand = (terminal: Terminal) => {
  const command = new Command()
    .argument('[model]', MODEL_HELP, nonEmpty)
    .option('--out <folder>', 'folder for the scores, the curve (sweep.json) and exported models', nonEmpty)
    .option('--export <values...>', 'also write the models of these points, each to a folder in --out')
    .option('--learn-at <value>', 'budget at which the scores are learned (default: the smallest)', nonEmpty)
    .option('--config <file>', 'JSON file with inputs and grouped settings; flags win over it', nonEmpty)
    .option('--dry-run', 'print the time and memory of each part of the sweep, and stop')
    .option('--overwrite', 'replace models exported earlier')
    .option('--restart', 'discard the scores of an earlier sweep, and the models exported from them')
    .option('--no-memory-check', 'start even if the memory forecast says no')
    .option('--quiet', 'show no progress')
    .option('--json', 'print one JSON document instead of text');
  for (const { path, option } of runFlags()) {
    if (path === 'out' || path === 'scores' || path === 'mask' || path.startsWith('heal.')) continue;
    const swept = BUDGET_NAMES.some((name) => path === `budget.${name}`);
    command.addOption(swept ? severalOf(option) : option);
  }
  return command.action(async (model, { config, learnAt, ...flags }) => {
    const given = { ...flags, ...(model === undefined ? {} : { model }) };
    const sweep = await sweepOf(given, { config, learnAt });
    await inFlags(() => run(sweep, flags, terminal));
  });
};
