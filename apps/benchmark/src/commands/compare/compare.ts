import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import type { Engine } from '@grasp/prune';
import { CellStore } from '../../shared/cells/cell-store.js';
import { measureSubject } from '../../shared/cells/measure-subject.js';
import { once } from '../../shared/cells/once.js';
import { openPlan, type PlanOptions } from './plan/plan.js';
import { collect } from './report/collect.js';
import type { Comparison } from './report/comparison.js';
import { chooseUnits } from './work/choose-units.js';
import { recoverAndMeasure } from './work/recover-and-measure.js';
import type { WorkContext } from './work/work-context.js';

export interface CompareOptions extends PlanOptions {
  /** Hugging Face folders or GGUF files. */
  readonly models: readonly string[];
  readonly openEngine: () => Promise<Engine>;
  readonly say: (line: string) => void;
  readonly keepModels?: boolean;
}

/**
 * Chooses, recovers and measures everything in this process. What is finished under `out` is not computed again.
 *
 * @param onReport called with the comparison so far after each mask.
 */
export async function compare(
  options: CompareOptions,
  onReport: (report: Comparison) => Promise<void>,
): Promise<void> {
  await withWork(options, async (works) => {
    const failed: string[] = [];
    for (const work of works) {
      await measureDense(work);
      for (const mask of work.plan.masks) {
        const problem = await problemOf(async () => {
          await chooseUnits(mask, work);
          for (const row of mask.rows) await recoverAndMeasure(mask, row, work);
        });
        if (problem !== undefined) failed.push(`${mask.name}: ${problem}`);
        await onReport(await collect(works, options, failed));
      }
    }
  });
}

export const measureDense = ({ plan, ...job }: WorkContext): Promise<void> =>
  measureSubject(plan.dense, () => openCheckpoint(plan.path), job);

/** Opens the plans of all models, calls `work` with them, and closes them, also if `work` fails. */
export async function withWork<Result>(
  options: CompareOptions,
  work: (works: readonly WorkContext[]) => Promise<Result>,
): Promise<Result> {
  const { models, openEngine, say, out, keepModels = false } = options;
  const works: WorkContext[] = [];
  const store = new CellStore(join(out, 'cells'));
  const engine = once(openEngine);
  try {
    for (const path of models)
      works.push({ plan: await openPlan(path, options), store, engine, say, out, keepModels });
    return await work(works);
  } finally {
    for (const { plan } of works) await plan.checkpoint.close();
  }
}

/** The message of a known error, so that one method that does not suit a model does not end the comparison. */
async function problemOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!String((error as { code?: unknown }).code).startsWith('GRASP_')) throw error;
    return (error as Error).message;
  }
}
