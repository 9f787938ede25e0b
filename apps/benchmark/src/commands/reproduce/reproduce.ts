import { measureModel, pruneModel, type ReproduceOptions, withRunContext } from './plan/run-context.js';
import { collect } from './report/collect.js';
import type { Report } from './report/report.js';

/**
 * Prunes and evaluates all subjects in this process. Finished prunings and cells under `out` are not computed again, so
 * an interrupted run resumes where it stopped.
 *
 * @param onReport called with the report so far after each row.
 */
export function reproduce(
  options: ReproduceOptions,
  onReport: (report: Report) => Promise<void>,
): Promise<void> {
  return withRunContext(options, async (context) => {
    const { plan, store } = context;
    await plan.evaluation(); // read all texts before loading the first model
    for (const [row, subject] of plan.subjects.entries()) {
      await pruneModel(subject, context);
      await measureModel(subject, context);
      await onReport(await collect(plan, store, plan.subjects.slice(0, row + 1)));
    }
  });
}
