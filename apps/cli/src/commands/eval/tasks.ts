import { Command } from '@commander-js/extra-typings';
import { headline, type Score, type TaskSummary } from '@grasp/eval';
import Table from 'cli-table3';
import { count, nonEmpty, options } from '../../shared/flags.js';
import { MODEL_HELP, withModel } from '../../shared/model.js';
import type { Terminal } from '../../shared/terminal.js';
import { taskOptions } from './options.js';
import { runTasks } from './run-tasks.js';

/** 0.4616 ± 0.0146 */
const figure = (score?: Score): string => {
  if (score === undefined) return '';
  const error = score.standardError === undefined ? '' : ` ± ${score.standardError.toFixed(4)}`;
  return `${score.value.toFixed(4)}${error}`;
};

/** Mean of the metric that the paper reports for each task. */
const meanOf = (summaries: readonly TaskSummary[]): number =>
  summaries.reduce((sum, summary) => sum + headline(summary).value, 0) / summaries.length;

function table(summaries: readonly TaskSummary[]): string {
  const rows = new Table({ head: ['task', 'items', 'acc', 'acc_norm'], style: { head: [], border: [] } });
  for (const { task, items, acc, accNorm } of summaries)
    rows.push([task, items, figure(acc), figure(accNorm)]);
  rows.push([
    'mean',
    '',
    { content: `${meanOf(summaries).toFixed(4)} (acc_norm if a task has it)`, colSpan: 2 },
  ]);
  return rows.toString();
}

export const tasksCommand = (terminal: Terminal) =>
  new Command('tasks')
    .description('zero-shot accuracy as lm-evaluation-harness defines it, in float32')
    .argument('<model>', MODEL_HELP, nonEmpty)
    .addOption(taskOptions.tasks())
    .addOption(taskOptions.data())
    .option('--limit <number>', 'use only the first items of each task', count)
    .addOption(options.backend())
    .addOption(options.threads())
    .option('--quiet', 'show no progress')
    .option('--json', 'print one JSON document with every item instead of text')
    .action(async (path, { json, ...flags }) => {
      const { engine, outcomes } = await withModel(
        path,
        { terminal, quiet: flags.quiet, threads: flags.threads },
        (model) => runTasks(model, flags, terminal),
      );
      const summaries = outcomes.map(({ summary }) => summary);
      if (!json) return terminal.print(table(summaries));
      const tasks = outcomes.map(({ summary: { kind: _, ...summary }, items }) => ({
        ...summary,
        results: items.map(({ kind: _, task, done, items, ...item }) => item),
      }));
      terminal.print(JSON.stringify({ model: path, engine, mean: meanOf(summaries), tasks }, null, 2));
    });
