import { collect } from './report/collect.js';
import type { Report } from './report/report.js';
import { measureModel, pruneModel, type ReproduceOptions, withWorkshop } from './plan/run-context.js';

/**
 * Prunes, evaluates and tabulates. Every finished cell and every finished pruning lies under `out` and is not done
 * again, so a run that was ended goes on where it stopped.
 *
 * @param onReport is given the report anew after each row.
 */
export function reproduce(
  options: ReproduceOptions,
  onReport: (report: Report) => Promise<void>,
): Promise<void> {
  return withWorkshop(options, async (workshop) => {
    const { plan, store } = workshop;
    await plan.evaluation(); // all text is read before the first model is loaded
    for (const [row, subject] of plan.subjects.entries()) {
      await pruneModel(subject, workshop);
      await measureModel(subject, workshop);
      await onReport(await collect(plan, store, plan.subjects.slice(0, row + 1)));
    }
  });
}
