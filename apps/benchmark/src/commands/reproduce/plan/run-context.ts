import { join } from 'node:path';
import type { Engine } from '@grasp/prune';
import { CellStore } from '../../../shared/cells/cell-store.js';
import { measureSubject } from '../../../shared/cells/measure-subject.js';
import { once } from '../../../shared/cells/once.js';
import { pruneInto } from '../../../shared/models/prune-into.js';
import type { Subject } from '../suites/suites.js';
import { openPlan, type Plan, type PlanOptions } from './plan.js';

export interface ReproduceOptions extends PlanOptions {
  readonly openEngine: () => Promise<Engine>;
  readonly say: (line: string) => void;
}

/** A plan, its finished cells, and the engine of this process. */
export interface RunContext {
  readonly plan: Plan;
  readonly store: CellStore;
  /** Opens the engine on the first call. */
  readonly engine: () => Promise<Engine>;
  readonly say: (line: string) => void;
}

/** Opens a plan, calls `work` with it, and closes it, also if `work` fails. */
export async function withRunContext<Result>(
  { openEngine, say, ...options }: ReproduceOptions,
  work: (context: RunContext) => Promise<Result>,
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

/** Prunes the model of a subject, unless it is already pruned. */
export async function pruneModel(subject: Subject, { plan, engine, say }: RunContext): Promise<void> {
  const planned = await plan.pruning(subject);
  if (planned) await pruneInto({ ...planned, checkpoint: plan.checkpoint, engine, say });
}

/** Computes the cells of a subject that are not finished. */
export async function measureModel(subject: Subject, { plan, ...job }: RunContext): Promise<void> {
  await measureSubject(await plan.cells(subject), () => plan.open(subject), job);
}
