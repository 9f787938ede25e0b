import { Command } from '@commander-js/extra-typings';
import type { DataRecord } from '@grasp/calib-data';
import { taskNamed, taskRecords } from '@grasp/eval';
import {
  type Agreement,
  agreement,
  type Harness,
  type HarnessRun,
  type HarnessTask,
  openHarness,
  runHarness,
  withTransformersFolder,
} from '@grasp/lm-eval';
import { count, nonEmpty, options } from '../../shared/flags.js';
import { MODEL_HELP, type OpenModel, withModel } from '../../shared/model.js';
import { numberFlag } from '../../shared/number-flag.js';
import { countView } from '../../shared/progress/count-view.js';
import type { Terminal } from '../../shared/terminal.js';
import { agreementReport, type Comparison, judge } from './agreement-report.js';
import { taskOptions } from './options.js';
import { dataOptions, runTasks, type TaskOptions } from './run-tasks.js';

interface CompareOptions extends TaskOptions {
  readonly tolerance: number;
  readonly batch: number;
  readonly python?: string | undefined;
}

/** Items for the harness, if they are local. Otherwise the harness downloads them. */
async function localRecords(options: CompareOptions): Promise<Pick<HarnessRun, 'records'>> {
  if (options.data === undefined) return {};
  const records: Record<string, DataRecord[]> = {};
  for (const task of options.tasks) {
    const items: DataRecord[] = [];
    for await (const record of taskRecords(taskNamed(task), dataOptions(options))) items.push(record);
    records[task] = items;
  }
  return { records };
}

/** Runs the harness on the same items. `seconds` do not include loading the model. */
async function theirs(
  harness: Harness,
  run: HarnessRun,
  quiet: boolean,
  terminal: Terminal,
): Promise<{ results: HarnessTask[]; seconds: number }> {
  const view = countView(terminal, quiet);
  const harnessRun = runHarness(harness, { ...run, signal: terminal.signal });
  let start = performance.now();
  let loading = true;
  try {
    for (;;) {
      const { done, value } = await harnessRun.next();
      if (done) return { results: value, seconds: (performance.now() - start) / 1000 };
      if (value.stage === 'loading') continue;
      if (loading) start = performance.now();
      loading = false;
      view.show(`lm_eval, ${value.stage}`, value.done, value.total);
    }
  } finally {
    view.stop();
  }
}

async function compare(model: OpenModel, flags: CompareOptions, terminal: Terminal): Promise<Comparison> {
  const say = flags.quiet ? () => {} : terminal.note;
  // The harness may be missing, so it comes first.
  const harness = await openHarness({ python: flags.python, onProgress: say, signal: terminal.signal });
  const local = await localRecords(flags);
  const { outcomes, seconds: ours } = await runTasks(model, flags, terminal);
  const { results, seconds } = await withTransformersFolder(
    model.path,
    model.checkpoint,
    (folder, trustRemoteCode) =>
      theirs(harness, { ...flags, ...local, model: folder, trustRemoteCode }, flags.quiet ?? false, terminal),
  );
  const pairs = outcomes.map(({ questions, items, summary }, i) => {
    const { task, samples, metrics } = results[i]!;
    const found: Agreement = agreement(task, questions, items, samples, flags.tolerance);
    return { summary, metrics, agreement: found };
  });
  return { versions: harness.versions, pairs, seconds: { ours, theirs: seconds } };
}

export const compareCommand = (terminal: Terminal) =>
  new Command('compare')
    .description('run the tasks here and in lm-evaluation-harness, and compare item by item')
    .argument('<model>', MODEL_HELP, nonEmpty)
    .addOption(taskOptions.tasks())
    .addOption(taskOptions.data())
    .option('--limit <number>', 'use only the first items of each task', count, 200)
    .option(
      '--tolerance <share>',
      'maximum relative difference of log-likelihoods',
      numberFlag({ minimum: 0 }),
      1e-2,
    )
    .option('--batch <number>', 'requests that lm_eval scores at once', count, 8)
    .option(
      '--python <path>',
      'Python that has lm_eval (default: GRASP_PYTHON, or an environment created for it)',
      nonEmpty,
    )
    .addOption(options.backend())
    .addOption(options.threads())
    .option('--quiet', 'show no progress')
    .option('--json', 'print one JSON document instead of text')
    .action(async (path, { json, ...flags }) => {
      const found = await withModel(path, { terminal, quiet: flags.quiet, threads: flags.threads }, (model) =>
        compare(model, flags, terminal),
      );
      const { versions, pairs: tasks, seconds } = found;
      const document = { model: path, versions, tolerance: flags.tolerance, seconds, tasks };
      terminal.print(json ? JSON.stringify(document, null, 2) : agreementReport(found));
      judge(tasks);
    });
