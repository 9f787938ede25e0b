import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type Chain, type DistributeOptions, distribute } from '../../../shared/jobs/distribute.js';
import { logHeader } from '../../../shared/jobs/submitted-arrays.js';
import { BenchOptionError } from '../../../shared/options/bench-option-error.js';
import { type CompareOptions, measureDense, withWork } from '../compare.js';
import { collect } from '../report/collect.js';
import type { Comparison } from '../report/comparison.js';
import { readChoice } from './choice-cell.js';
import { chooseUnits } from './choose-units.js';
import { recoverAndMeasure } from './recover-and-measure.js';
import type { WorkContext } from './work-context.js';

/**
 * Compares with the tasks of a launcher: first all choices, then every recovery of every mask. Each task calls
 * {@link compareStep} on the same `out`.
 *
 * @returns the comparison, and one line for each step that failed too often.
 * @throws LauncherError, or the reason of the signal.
 */
export async function compareElsewhere(
  options: CompareOptions,
  launching: Omit<DistributeOptions, 'folder' | 'say'>,
): Promise<{ readonly comparison: Comparison; readonly failed: readonly string[] }> {
  await launching.launcher.check();
  return withWork(options, async (works) => {
    const how = { ...launching, folder: resolve(options.out, 'jobs'), say: options.say };
    const failed = [
      ...(await distribute(works.flatMap(choicesOf), how)),
      ...(await distribute((await Promise.all(works.map(recoveriesOf))).flat(), how)),
    ];
    return { comparison: await collect(works, options, failed), failed };
  });
}

/** Runs one step. Writes no report. @throws BenchOptionError if the plan has no such step. */
export async function compareStep(options: CompareOptions, step: string): Promise<void> {
  options.say(logHeader(step, { pid: process.pid, host: hostname() }));
  await withWork(options, async (works) => {
    const [kind, name] = step.split(/:(.*)/s);
    for (const work of works) {
      if (kind === 'measure' && name === work.plan.model) return measureDense(work);
      for (const mask of work.plan.masks) {
        if (kind === 'choose' && mask.name === name) return chooseUnits(mask, work);
        for (const row of mask.rows)
          if (kind === 'recover' && row.name === name) return recoverAndMeasure(mask, row, work);
      }
    }
    throw new BenchOptionError(
      `--step ${step}: the plan has no such step. Use the options of the submitting command.`,
      'step',
    );
  });
}

/** One chain per mask, and one that measures the dense model. */
const choicesOf = ({ plan, store }: WorkContext): Chain[] => [
  [{ name: `measure:${plan.model}`, isDone: () => store.hasAll(plan.dense) }],
  ...plan.masks.map(({ name, cell }) => [{ name: `choose:${name}`, isDone: () => store.hasAll([cell]) }]),
];

/** One chain per mask and recovery, of the masks that have been chosen. */
async function recoveriesOf({ plan, store }: WorkContext): Promise<Chain[]> {
  const chains: Chain[] = [];
  for (const { cell, rows } of plan.masks) {
    if (!(await readChoice(store, cell))) continue;
    for (const { name, folder, cells } of rows)
      chains.push([{ name: `recover:${name}`, claims: folder, isDone: () => store.hasAll(cells) }]);
  }
  return chains;
}
