import { maskCost } from '@grasp/budget';
import { configOf, decoderLayout } from '@grasp/decoder';
import type { CellStore } from '../../../shared/cells/cell-store.js';
import type { Cell, Measured } from '../../../shared/cells/cells.js';
import type { CompareOptions } from '../compare.js';
import { readChoice } from '../work/choice-cell.js';
import { type Cost, type CostCell, costSchema, together } from '../work/cost.js';
import type { WorkContext } from '../work/work-context.js';
import type { ComparedRun, Comparison, DenseModel } from './comparison.js';
import { conditionsOf } from './conditions.js';

/** Collects what is finished into a comparison, whichever process computed it. */
export async function collect(
  works: readonly WorkContext[],
  options: CompareOptions,
  failed: readonly string[] = [],
): Promise<Comparison> {
  const engines = new Set<string>();
  const dense: DenseModel[] = [];
  const runs: ComparedRun[] = [];
  for (const { plan, store } of works) {
    const layout = decoderLayout(configOf(plan.checkpoint));
    const kv = layout.blocks.filter(({ kind }) => kind === 'kv');
    const kvGroups = kv.reduce((sum, { count }) => sum + count, 0);
    const read = async (cells: readonly Cell[]) =>
      measuredOf(store, cells, [...plan.evaluation.tasks.keys()], engines);
    dense.push({ model: plan.model, kvGroups, measured: await read(plan.dense) });
    for (const { method, keep, seed, cell, rows } of plan.masks) {
      const choice = await readChoice(store, cell);
      if (!choice) continue;
      const { mask } = choice;
      const kept = maskCost(layout, mask) / layout.totalCost;
      const kvKept = kv
        .flatMap(({ start, count }) => [...mask.subarray(start, start + count)])
        .reduce((sum, bit) => sum + bit, 0);
      for (const { recovery, cells, cost: costCell, settings } of rows) {
        const measured = await read(cells);
        if (Object.keys(measured).length === 0) continue;
        const ofRecovery = settings ? await costOf(store, costCell) : NOTHING;
        const cost = choice.cost && ofRecovery && together(choice.cost, ofRecovery);
        const name = { model: plan.model, method: method.name, keep, seed, recovery: recovery.name };
        runs.push({ ...name, kept, kvKept, kvGroups, measured, ...(cost ? { cost } : {}) });
      }
    }
  }
  const [first] = works;
  return {
    engine: [...engines].join('; ') || 'not recorded',
    conditions: conditionsOf(works, options),
    texts: [...(first?.plan.evaluation.texts.keys() ?? [])],
    tasks: [...(first?.plan.evaluation.tasks.keys() ?? [])],
    recoveries: options.recoveries.map(({ name, title }) => ({ name, title })),
    dense,
    runs,
    missing: [
      ...new Set(
        works.flatMap(({ plan }) => [
          ...plan.evaluation.missing,
          ...plan.impossible.map(({ name, problem }) => `${name}: ${problem}`),
        ]),
      ),
      ...failed,
    ],
  };
}

const NOTHING: Cost = { forward: 0, gradients: 0, seconds: 0, peakBytes: 0 };

async function costOf(store: CellStore, cell: CostCell): Promise<Cost | undefined> {
  const stored = await store.read(cell);
  return stored && costSchema.parse(stored.value);
}

async function measuredOf(
  store: CellStore,
  cells: readonly Cell[],
  tasks: readonly string[],
  engines: Set<string>,
): Promise<Record<string, Measured>> {
  const measured: Record<string, Measured> = {};
  for (const cell of cells) {
    const stored = await store.read(cell);
    if (!stored) continue;
    measured[cell.metric] = cell.measured(stored.value);
    if (stored.engine !== undefined) engines.add(stored.engine);
  }
  const accuracies = tasks.flatMap((task) => measured[task]?.value ?? []);
  if (tasks.length > 0 && accuracies.length === tasks.length)
    measured.mean = { value: accuracies.reduce((sum, value) => sum + value, 0) / tasks.length };
  return measured;
}
