import type { CellStore } from '../../../shared/cells/cell-store.js';
import { hashOf } from '../../../shared/cells/hash.js';
import type { Chain, Step } from '../../../shared/jobs/distribute.js';
import { isPruned } from '../../../shared/models/prune-into.js';
import { BenchOptionError } from '../../../shared/options/bench-option-error.js';
import type { Plan } from '../plan/plan.js';
import { measureModel, pruneModel, type RunContext } from '../plan/run-context.js';
import type { Subject } from '../suites/suites.js';

/** Groups subjects that share a pruning. Each group has the name of its first subject and is pruned once. */
function subjectsByModel(subjects: readonly Subject[]): Map<string, Subject[]> {
  const byPruning = new Map<string, Subject[]>();
  for (const subject of subjects) {
    const key = hashOf(subject.pruning ?? null);
    byPruning.set(key, [...(byPruning.get(key) ?? []), subject]);
  }
  return new Map([...byPruning.values()].map((group) => [group[0]!.name, group]));
}

/** One chain per model: `prune:NAME`, then `measure:NAME` for all its subjects. The dense model is only measured. */
export async function chainsOf(
  plan: Pick<Plan, 'subjects' | 'cells' | 'pruning'>,
  store: Pick<CellStore, 'hasAll'>,
): Promise<Chain[]> {
  const chains: Chain[] = [];
  for (const [name, subjects] of subjectsByModel(plan.subjects)) {
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
 * Runs one step of a chain in this process.
 *
 * @param step `prune:NAME` or `measure:NAME`.
 * @throws BenchOptionError if the plan has no such step.
 */
export async function runStep(step: string, context: RunContext): Promise<void> {
  const [work = '', model = ''] = step.split(/:(.*)/s);
  const subjects = subjectsByModel(context.plan.subjects).get(model);
  if (!subjects || !['prune', 'measure'].includes(work))
    throw new BenchOptionError(
      `--step ${step}: the plan has no such step. Use the options of the submitting command.`,
      'step',
    );
  if (work === 'prune') return pruneModel(subjects[0]!, context);
  for (const subject of subjects) await measureModel(subject, context);
}
