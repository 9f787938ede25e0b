import type { Engine } from '@grasp/prune';
import type { CellStore } from './cell-store.js';
import { measureSubject } from './measure-subject.js';
import type { Plan } from './plan.js';
import { pruneInto } from './prune-subject.js';
import type { Subject } from './suites.js';

/** What does the parts of a plan in this process. The engine opens when there is something to compute. */
export interface Workshop {
  readonly plan: Plan;
  readonly store: CellStore;
  readonly engine: () => Promise<Engine>;
  readonly say: (line: string) => void;
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
