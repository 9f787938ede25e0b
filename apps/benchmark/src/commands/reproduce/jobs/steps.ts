import { BenchOptionError } from '../../../shared/options/bench-option-error.js';
import { type CellStore, hashOf } from '../cells/cell-store.js';
import type { Chain, Step } from './distribute.js';
import type { Plan } from '../plan/plan.js';
import { isPruned } from '../../../shared/models/pruned-model.js';
import type { Subject } from '../suites/suites.js';
import { measureModel, pruneModel, type Workshop } from '../plan/run-context.js';

/** Subjects of one model, which so is pruned by one task; by the name of the first. */
function modelsOf(subjects: readonly Subject[]): Map<string, Subject[]> {
  const byPruning = new Map<string, Subject[]>();
  for (const subject of subjects) {
    const key = hashOf(subject.pruning ?? null);
    byPruning.set(key, [...(byPruning.get(key) ?? []), subject]);
  }
  return new Map([...byPruning.values()].map((subjects) => [subjects[0]!.name, subjects]));
}

/** A chain for each model of a plan: it is pruned, then all of its subjects are measured. */
export async function chainsOf(plan: Plan, store: CellStore): Promise<Chain[]> {
  const chains: Chain[] = [];
  for (const [name, subjects] of modelsOf(plan.subjects)) {
    const cells = (await Promise.all(subjects.map((subject) => plan.cells(subject)))).flat();
    const measure: Step = { name: `measure:${name}`, isDone: () => store.hasAll(cells) };
    const planned = await plan.pruning(subjects[0]!);
    if (!planned) chains.push([measure]);
    else {
      const { folder } = planned;
      chains.push([{ name: `prune:${name}`, claims: folder, isDone: () => isPruned(folder) }, measure]);
    }
  }
  return chains;
}

/**
 * Does a step of a chain in this process.
 *
 * @throws BenchOptionError for one that the plan does not have.
 */
export async function runStep(step: string, workshop: Workshop): Promise<void> {
  const [work = '', model = ''] = step.split(/:(.*)/s);
  const subjects = modelsOf(workshop.plan.subjects).get(model);
  if (!subjects)
    throw new BenchOptionError(`There is no model ${model} in this plan (--step ${step}).`, 'step');
  if (work === 'prune') return pruneModel(subjects[0]!, workshop);
  for (const subject of subjects) await measureModel(subject, workshop);
}
