import { join } from 'node:path';
import type { Engine } from '@grasp/prune';
import { CellStore } from './cell-store.js';
import { collect } from './collect.js';
import { once } from './once.js';
import { openPlan, type PlanOptions } from './plan.js';
import type { Report } from './report.js';
import { measureModel, pruneModel } from './work.js';

export interface ReproduceOptions extends PlanOptions {
  readonly openEngine: () => Promise<Engine>;
  readonly say: (line: string) => void;
}

/**
 * Prunes, evaluates and tabulates. Every finished cell and every finished pruning lies under `out` and is not done
 * again, so a run that was ended goes on where it stopped. Yields the report anew after each row.
 */
export async function* reproduce({ openEngine, say, ...options }: ReproduceOptions): AsyncGenerator<Report> {
  const plan = await openPlan(options);
  try {
    const store = new CellStore(join(options.out, 'cells'));
    const workshop = { plan, store, engine: once(openEngine), say };
    await plan.evaluation(); // all text is read before the first model is loaded
    for (const [row, subject] of plan.subjects.entries()) {
      await pruneModel(subject, workshop);
      await measureModel(subject, workshop);
      yield await collect(plan, store, plan.subjects.slice(0, row + 1));
    }
  } finally {
    await plan.close();
  }
}
