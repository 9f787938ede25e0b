import { Command, type OptionValues } from '@commander-js/extra-typings';
import { type HealSettings, healLeaves, parseHealSettings, SettingsError } from '@grasp/prune';
import { openEngineFor } from '../../shared/engine.js';
import { count, countFrom, DEFAULT_WINDOW, nonEmpty, nonEmptyTexts, options } from '../../shared/flags.js';
import { healModel } from '../../shared/heal/heal-model.js';
import { healSummary } from '../../shared/heal/heal-summary.js';
import type { TextFlags } from '../../shared/heal/read-heal-texts.js';
import { MODEL_HELP } from '../../shared/model.js';
import { optionOf } from '../../shared/run/flags.js';
import {
  HEAL_CONDITIONS,
  HEAL_TEXT_CONDITIONS,
  LORA_CONDITIONS,
  showUnusedFlags,
} from '../../shared/run/unused-flags.js';
import type { Terminal } from '../../shared/terminal.js';
import { dryRun } from './dry-run.js';

interface Flags extends TextFlags {
  readonly teacher: string;
  readonly teacherCache?: string;
  readonly out?: string;
  readonly dryRun?: true;
  readonly train?: string;
  readonly dtype?: string;
  readonly backend?: 'tensorflow' | 'wasm';
  readonly threads?: number;
  readonly memoryCheck: boolean;
  readonly overwrite?: true;
  readonly restart?: true;
  readonly quiet?: true;
  readonly json?: true;
}

async function run(path: string, flags: Flags, settings: HealSettings, terminal: Terminal): Promise<void> {
  const openEngine = () => openEngineFor(terminal, flags);
  const mayUseLora = flags.train === undefined;
  const mayUseFloat32 = flags.dtype === undefined;
  showUnusedFlags(HEAL_CONDITIONS, { settings }, { ...flags }, terminal);
  showUnusedFlags(HEAL_TEXT_CONDITIONS, flags, { ...flags }, terminal);
  const onSettings = (chosen: HealSettings) =>
    showUnusedFlags(LORA_CONDITIONS, { settings: chosen }, { ...flags }, terminal);
  const options = { ...flags, texts: flags, settings, mayUseLora, mayUseFloat32, openEngine, onSettings };
  if (flags.dryRun) return dryRun(path, options, flags, terminal);
  const { out } = flags;
  if (out === undefined) throw new SettingsError('No output folder was given. Add --out FOLDER.', ['out']);
  const record = await healModel(path, { ...options, out }, terminal);
  if (flags.json) return terminal.print(JSON.stringify(record, null, 2));
  terminal.print(healSummary(record));
  terminal.print(`Written to ${out}`);
}

export const healCommand = (terminal: Terminal) => {
  const command = new Command()
    .argument('<pruned>', `${MODEL_HELP}: the model to heal`, nonEmpty)
    .requiredOption('--teacher <model>', 'the dense model, or a larger one with the same tokenizer', nonEmpty)
    .option(
      '--teacher-cache <folder>',
      "folder for the teacher's predictions, for this run and others",
      nonEmpty,
    )
    .requiredOption(
      '--text <texts...>',
      'texts to train on: .txt, .raw, .jsonl, .parquet, or the name of a corpus',
      nonEmptyTexts,
    )
    .option('--out <folder>', 'folder for the healed model', nonEmpty)
    .option('--dry-run', 'print what the run would do, its time and its memory, and stop')
    .option(
      '--text-weights <numbers>',
      'shares of the texts, separated by commas (default: their sizes)',
      nonEmpty,
    )
    .option(
      '--text-column <name>',
      'column with the text in .jsonl and .parquet files (default: text)',
      nonEmpty,
    )
    .option('--eval <texts...>', 'texts whose perplexity is measured before and after', nonEmptyTexts)
    .option(
      '--window <tokens>',
      `tokens per window of these texts (default: ${DEFAULT_WINDOW})`,
      countFrom(2),
    )
    .option('--eval-windows <number>', 'maximum number of windows of each', count)
    .addOption(options.backend())
    .addOption(options.threads())
    .option('--no-memory-check', 'start even if the memory forecast says no')
    .option('--overwrite', 'replace an earlier result in the output folder')
    .option('--restart', 'discard the saved state of an earlier run')
    .option('--quiet', 'show no progress')
    .option('--json', 'print one JSON document instead of text');
  for (const leaf of healLeaves) command.addOption(optionOf(leaf));
  return command.action((path, flags) =>
    run(path, flags as unknown as Flags, parseHealSettings(settingsOf(flags)), terminal),
  );
};

/** The settings among the flags. */
const settingsOf = (flags: OptionValues): Record<string, unknown> =>
  Object.fromEntries(
    healLeaves.flatMap(({ path }) => (flags[path] === undefined ? [] : [[path, flags[path]]])),
  );
