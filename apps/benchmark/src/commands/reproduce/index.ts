import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import { taskNamed } from '@grasp/eval';
import { openEngine, parseSettings } from '@grasp/prune';
import Table from 'cli-table3';
import { count, list, object, ratios, whole } from './arguments.js';
import { namedText, TASK_NAMES } from './data.js';
import type { DistributeOptions } from './distribute.js';
import { htmlReport } from './html.js';
import { LAUNCHERS } from './launchers/index.js';
import { LauncherError } from './launchers/launcher.js';
import { markdownReport } from './markdown.js';
import { type Report, tableOf } from './report.js';
import { reproduce } from './reproduce.js';
import { reproduceElsewhere, reproduceStep } from './reproduce-elsewhere.js';
import { SUITES } from './suites.js';
import type { ReproduceOptions } from './work.js';

/** Writes the report in all forms, each whole or not at all. */
async function writeReport(report: Report, folder: string): Promise<void> {
  const forms = {
    'report.json': `${JSON.stringify(report, null, 2)}\n`,
    'report.md': markdownReport(report),
    'report.html': htmlReport(report),
  };
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(forms)) {
    await writeFile(join(folder, `${name}.partial`), content);
    await rename(join(folder, `${name}.partial`), join(folder, name));
  }
}

function print({ rows, paper, missing }: Report, folder: string): void {
  for (const row of rows) {
    const { head, rows } = tableOf(row, paper !== undefined);
    const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
    for (const each of rows) table.push([...each]);
    console.log(table.toString());
  }
  for (const each of missing) console.log(`not measured: ${each}`);
  console.log(`Written to ${folder}`);
}

/** Until Ctrl-C, which ends the waiting alone. */
async function launch(
  options: ReproduceOptions,
  how: Pick<DistributeOptions, 'launcher' | 'retries' | 'pollSeconds'>,
): Promise<void> {
  const commandOf = (step: string) => [
    ...[process.execPath, ...process.execArgv],
    ...[...process.argv.slice(1), '--step', step],
  ];
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once('SIGINT', stop);
  try {
    const { report, lost } = await reproduceElsewhere(options, {
      ...how,
      commandOf,
      signal: interrupt.signal,
    });
    await writeReport(report, options.out);
    print(report, options.out);
    if (lost.length === 0) return;
    throw new LauncherError(
      `${lost.length} of the steps died too often; run the same command to try them again.`,
    );
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    process.off('SIGINT', stop);
  }
}

export const reproduceCommand = () =>
  new Command('reproduce')
    .description(
      "prune, evaluate, and print the paper's table for a model, with paper, measured and difference",
    )
    .requiredOption('--model <path>', 'Hugging Face folder or GGUF file')
    .requiredOption(
      '--out <folder>',
      'results: finished cells, pruned models, report as JSON, Markdown and HTML',
    )
    .option('--keep <ratios>', 'shares of the prunable parameters to keep', ratios, [0.8, 0.6, 0.5, 0.4])
    .addOption(
      new Option('--suite <names...>', 'the table (default), and ablations of the paper').choices(SUITES),
    )
    .option('--calib <texts...>', 'corpora for the gates, by name from the hub or NAME=FILE', ['wikitext2'])
    .option(
      '--scale-calib <text>',
      "for the scales; the paper's code takes the validation split",
      'wikitext2',
    )
    .option('--text <texts...>', 'corpora for perplexity, by name or NAME=FILE', ['wikitext2', 'ptb', 'c4'])
    .option('--tasks <names>', 'zero-shot tasks, with commas between, or none', list, [...TASK_NAMES])
    .option('--data <folder>', 'folder with piqa.validation.jsonl and so on; default: the hub')
    .option('--windows <n>', 'most windows of a text', count)
    .option('--limit <n>', 'most items of a task', count)
    .option('--settings <json>', "settings of pruning that differ from the paper's, in groups", object, {})
    .addOption(new Option('--backend <name>').choices(['tensorflow', 'wasm'] as const))
    .option('--threads <n>', 'default: all cores', count)
    .addOption(
      new Option('--launcher <name>', 'what runs the work elsewhere; this process waits for it').choices(
        Object.keys(LAUNCHERS),
      ),
    )
    .option('--submit <options...>', 'of its submit command, without dashes: partition=gpu time=8:00:00', [])
    .option('--retries <n>', 'how often it runs again what died', whole, 2)
    .option('--poll <seconds>', 'between two looks at its queue', count, 15)
    .addOption(new Option('--step <name>', 'the one step of a launched task').hideHelp())
    .action(
      async ({
        suite = ['table'],
        text,
        tasks,
        calib,
        scaleCalib,
        settings,
        backend,
        threads,
        launcher,
        submit,
        retries,
        poll,
        step,
        ...rest
      }) => {
        const options: ReproduceOptions = {
          ...rest,
          suites: SUITES.filter((name) => suite.includes(name)),
          settings: parseSettings({ projection: { rule: 'paper' } }, settings),
          calib: calib.map(namedText),
          scaleCalib: namedText(scaleCalib),
          texts: text.map(namedText),
          tasks: tasks.filter((name) => name !== 'none').map((name) => taskNamed(name).name),
          openEngine: () => openEngine({ backend, threads, onWarning: console.error }),
          say: console.error,
        };
        if (step !== undefined) return reproduceStep(options, step);
        if (launcher !== undefined) {
          return launch(options, { launcher: LAUNCHERS[launcher]!(submit), retries, pollSeconds: poll });
        }
        let last: Report | undefined;
        await reproduce(options, async (report) => {
          await writeReport(report, options.out);
          last = report;
        });
        if (last) print(last, options.out);
      },
    );
