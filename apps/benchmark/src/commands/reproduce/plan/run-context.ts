import { join } from 'node:path';
import type { Engine } from '@grasp/prune';
import { CellStore } from '../cells/cell-store.js';
import { measureSubject } from '../cells/measure-subject.js';
import { once } from './once.js';
import { openPlan, type Plan, type PlanOptions } from './plan.js';
import { pruneInto } from '../../../shared/models/pruned-model.js';
import type { Subject } from '../suites/suites.js';

export interface ReproduceOptions extends PlanOptions {
  readonly openEngine: () => Promise<Engine>;
  readonly say: (line: string) => void;
}

/** A plan, where its results lie, and what computes them in this process. */
export interface Workshop {
  readonly plan: Plan;
  readonly store: CellStore;
  /** Opens when there is something to compute. */
  readonly engine: () => Promise<Engine>;
  readonly say: (line: string) => void;
}

/** Opens a plan for `work`, and closes it whatever comes. */
export async function withWorkshop<Result>(
  { openEngine, say, ...options }: ReproduceOptions,
  work: (workshop: Workshop) => Promise<Result>,
): Promise<Result> {
  const plan = await openPlan(options);
  try {
    return await work({
      plan,
      store: new CellStore(join(options.out, 'cells')),
      engine: once(openEngine),
      say,
    });
  } finally {
    await plan.close();
  }
}

/** Prunes a subject's model, unless it is there. */
export async function pruneModel(subject: Subject, { plan, engine, say }: Workshop): Promise<void> {
  const planned = await plan.pruning(subject);
  if (planned) await pruneInto({ ...planned, checkpoint: plan.checkpoint, engine, say });
}

/** Measures all of a subject that is not finished. */
export async function measureModel(subject: Subject, { plan, ...job }: Workshop): Promise<void> {
  await measureSubject(await plan.cells(subject), () => plan.open(subject), job);
}
