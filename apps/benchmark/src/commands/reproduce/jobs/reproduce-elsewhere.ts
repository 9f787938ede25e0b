import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type DistributeOptions, distribute } from '../../../shared/jobs/distribute.js';
import { logHeader } from '../../../shared/jobs/submitted-arrays.js';
import { type ReproduceOptions, withRunContext } from '../plan/run-context.js';
import { collect } from '../report/collect.js';
import type { Report } from '../report/report.js';
import { chainsOf, runStep } from './steps.js';

/**
 * Reproduces with the tasks of a launcher. Each task calls {@link reproduceStep} on the same `out`.
 *
 * @returns the report of all rows, and one line for each step that failed too often.
 * @throws LauncherError, or the reason of the signal.
 */
export async function reproduceElsewhere(
  options: ReproduceOptions,
  launching: Omit<DistributeOptions, 'folder' | 'say'>,
): Promise<{ readonly report: Report; readonly failed: readonly string[] }> {
  await launching.launcher.check();
  return withRunContext(options, async ({ plan, store, say }) => {
    const folder = resolve(options.out, 'jobs');
    const failed = await distribute(await chainsOf(plan, store), { ...launching, folder, say });
    return { report: await collect(plan, store, plan.subjects, failed), failed };
  });
}

/** Runs one step of the plan. Writes no report. */
export async function reproduceStep(options: ReproduceOptions, step: string): Promise<void> {
  options.say(logHeader(step, { pid: process.pid, host: hostname() }));
  await withRunContext(options, (context) => runStep(step, context));
}
