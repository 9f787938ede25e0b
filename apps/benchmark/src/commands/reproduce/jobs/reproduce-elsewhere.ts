import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { collect } from '../report/collect.js';
import { type DistributeOptions, distribute } from './distribute.js';
import { firstLine } from './submitted-arrays.js';
import type { Report } from '../report/report.js';
import { chainsOf, runStep } from './steps.js';
import { type ReproduceOptions, withWorkshop } from '../plan/run-context.js';

/**
 * The same with a launcher's tasks for all that there is to compute; they run {@link reproduceStep} on the same `out`.
 *
 * @returns the report of all rows, and a line for each step that died too often and is missing in it.
 * @throws LauncherError, or the signal's reason
 */
export async function reproduceElsewhere(
  options: ReproduceOptions,
  launching: Omit<DistributeOptions, 'folder' | 'say'>,
): Promise<{ readonly report: Report; readonly lost: readonly string[] }> {
  await launching.launcher.check();
  return withWorkshop(options, async ({ plan, store, say }) => {
    const folder = resolve(options.out, 'jobs');
    const lost = await distribute(await chainsOf(plan, store), { ...launching, folder, say });
    return { report: await collect(plan, store, plan.subjects, lost), lost };
  });
}

/** What a task of a launcher does: a step of the plan, and no report. */
export async function reproduceStep(options: ReproduceOptions, step: string): Promise<void> {
  options.say(firstLine(step, { pid: process.pid, host: hostname() }));
  await withWorkshop(options, (workshop) => runStep(step, workshop));
}
