import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import type { Engine } from '@grasp/prune';
import { CellStore } from '../../shared/cells/cell-store.js';
import { measureSubject } from '../../shared/cells/measure-subject.js';
import { once } from '../../shared/cells/once.js';
import { BenchOptionError } from '../../shared/options/bench-option-error.js';
import { modelName, openPlan, type PlanOptions } from './plan/plan.js';
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
        const chosen = await attempt(mask.name, () => chooseUnits(mask, work), failed);
        for (const row of chosen ? mask.rows : [])
          await attempt(row.name, () => recoverAndMeasure(mask, row, work), failed);
        await onReport(await collect(works, options, failed));
      }
    }
  });
}

export const measureDense = ({ plan, ...job }: WorkContext): Promise<void> =>
  measureSubject(plan.dense, () => openCheckpoint(plan.path), job);

/**
 * Opens the plans of all models, calls `work` with them, and closes them, also if `work` fails.
 *
 * @throws BenchOptionError if two models have one name, or no method has a mask at one of the keep ratios.
 */
export async function withWork<Result>(
  options: CompareOptions,
  work: (works: readonly WorkContext[]) => Promise<Result>,
): Promise<Result> {
  const { models, openEngine, say, out, keepModels = false } = options;
  assertNamesDiffer(models);
  const works: WorkContext[] = [];
  const store = new CellStore(join(out, 'cells'));
  const engine = once(openEngine);
  try {
    for (const path of models)
      works.push({ plan: await openPlan(path, options), store, engine, say, out, keepModels });
    assertMasks(works, options.keep);
    return await work(works);
  } finally {
    for (const { plan } of works) await plan.checkpoint.close();
  }
}

/** @throws BenchOptionError if two models have one name, by which tables and steps tell them apart. */
function assertNamesDiffer(models: readonly string[]): void {
  const names = models.map(modelName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new BenchOptionError(
    `--model: two models have the name "${twice}". Rename one of the folders.`,
    'model',
  );
}

/** @throws BenchOptionError if a keep ratio would have no result, because no model and method allows a mask there. */
function assertMasks(works: readonly WorkContext[], ratios: readonly number[]): void {
  for (const ratio of ratios) {
    if (works.some(({ plan }) => plan.masks.some(({ keep }) => keep === ratio))) continue;
    const [first] = works.flatMap(({ plan }) => plan.impossible.filter(({ keep }) => keep === ratio));
    if (first === undefined) continue;
    throw new BenchOptionError(
      `--keep ${ratio}: no method has a mask at this ratio. ${first.name}: ${first.problem}`,
      'keep',
    );
  }
}

/**
 * Whether work succeeds. The message of a known error is added to `failed`, so that what does not suit a model does not end
 * the comparison.
 */
async function attempt(name: string, work: () => Promise<void>, failed: string[]): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!String((error as { code?: unknown }).code).startsWith('GRASP_')) throw error;
    failed.push(`${name}: ${(error as Error).message}`);
    return false;
  }
}
