import { type Budget, budgetCost, createBudget, denseCost, flopCosts, kvCacheCosts } from '@grasp/budget';
import type { Checkpoint, TensorInfo } from '@grasp/checkpoint';
import { decoderConfig, decoderLayout, unitSlices } from '@grasp/decoder';
import type { BudgetName } from './budget-settings.js';
import { latencyCosts } from './latency-table.js';
import type { PruneSettings } from './settings.js';
import { SettingsError } from './settings-error.js';

/** A model by its headers. */
export type ModelHeaders = Pick<Checkpoint, 'config' | 'tensors'>;

/** A budget, and the setting that states it. */
export interface StatedBudget extends Budget {
  readonly setting: BudgetName;
}

/** What became of a budget. */
export interface BudgetOutcome {
  readonly setting: BudgetName;
  /** What is counted. */
  readonly name: string;
  readonly limit: number;
  readonly kept: number;
  /** Of the dense model. */
  readonly total: number;
}

/** A written model exceeds a budget that its mask met. */
export class BudgetMissedError extends Error {
  override readonly name = 'BudgetMissedError';
  readonly code = 'GRASP_BUDGET_MISSED';
  constructor(readonly outcome: BudgetOutcome) {
    const { name, kept, limit } = outcome;
    super(`The written model has ${kept} ${name}, and ${limit} were allowed. Please report this.`);
  }
}

const elements = ({ shape }: TensorInfo): number => shape.reduce((product, dim) => product * dim, 1);
const bytes = (info: TensorInfo): number => elements(info) * (info.dtype === 'F32' ? 4 : 2);

/** Budgets that count what stands in the tensors, whatever it belongs to. */
const counted: Partial<Record<BudgetName, (info: TensorInfo) => number>> = { params: elements, size: bytes };

/** The budgets that the settings state, for a dense model. */
export function budgetsOf(model: ModelHeaders, settings: PruneSettings): StatedBudget[] {
  const config = decoderConfig(model.config);
  const layout = decoderLayout(config);
  const shape = {
    hiddenSize: config.hiddenSize,
    headDim: config.headSize,
    groupSize: config.headsPerGroup,
  };
  const { keep, params, size, flops, flopsContext, kvBytes, latencyShare, latencyMs } = settings;
  const budgets: StatedBudget[] = [];
  const add = (setting: BudgetName, budget: Budget) => budgets.push({ setting, ...budget });

  if (keep !== undefined) add('keep', createBudget(layout, { name: 'prunable cost in FFN channels', keep }));
  if (params !== undefined) {
    const costs = tensorCosts(model, elements);
    add('params', createBudget(layout, { name: 'parameters', ...costs, limit: params }));
  }
  if (size !== undefined) {
    const costs = tensorCosts(model, bytes);
    add('size', createBudget(layout, { name: 'bytes of weights', ...costs, limit: size }));
  }
  if (flops !== undefined) {
    const costs = flopCosts(shape, flopsContext);
    add(
      'flops',
      createBudget(layout, { name: `forward FLOPs a token of ${flopsContext}`, costs, keep: flops }),
    );
  }
  if (kvBytes !== undefined) {
    const costs = kvCacheCosts(shape);
    add('kvBytes', createBudget(layout, { name: 'bytes of KV cache a token', costs, keep: kvBytes }));
  }
  if (settings.latency) {
    assertSameShape(model, settings.latency.model);
    const { fixed, ...costs } = latencyCosts(settings.latency);
    const spec = { name: `milliseconds for ${settings.latency.tokens} tokens`, costs, fixed };
    if (latencyShare !== undefined)
      add('latencyShare', createBudget(layout, { ...spec, keep: latencyShare }));
    if (latencyMs !== undefined) add('latencyMs', createBudget(layout, { ...spec, limit: latencyMs }));
  }
  return budgets;
}

/** What a written model costs under the budgets of the dense one it came from, counted in its own headers. */
export function budgetOutcomes(
  budgets: readonly StatedBudget[],
  dense: ModelHeaders,
  written: ModelHeaders,
): BudgetOutcome[] {
  const layout = decoderLayout(decoderConfig(dense.config));
  const { layers } = decoderConfig(written.config);
  const widths = layout.blocks.map(
    ({ layer, kind }) => layers[layer]![kind === 'kv' ? 'groups' : 'channels'],
  );
  return budgets.map(({ setting, name, ...budget }) => {
    const count = counted[setting];
    const kept = count ? sum(written, count) : budgetCost({ name, ...budget }, widths);
    return { setting, name, limit: budget.limit, kept, total: denseCost(layout, { name, ...budget }) };
  });
}

/** @throws BudgetMissedError where a written model does not keep to a budget. */
export function assertMet(outcomes: readonly BudgetOutcome[]): void {
  const missed = outcomes.find(({ kept, limit }) => kept > limit);
  if (missed) throw new BudgetMissedError(missed);
}

const sum = ({ tensors }: ModelHeaders, count: (info: TensorInfo) => number): number =>
  [...tensors.values()].reduce((total, info) => total + count(info), 0);

/** What one unit of each block has in the tensors, and what they have besides. */
function tensorCosts(model: ModelHeaders, count: (info: TensorInfo) => number) {
  const config = decoderConfig(model.config);
  const { blocks } = decoderLayout(config);
  const costs = blocks.map(() => 0);
  let fixed = sum(model, count);
  for (const { tensor, axis, layer, kind, width } of unitSlices(config)) {
    const info = model.tensors.get(tensor);
    if (!info) continue;
    const index = blocks.findIndex((block) => block.layer === layer && block.kind === kind);
    costs[index]! += (count(info) / info.shape[axis]!) * width;
    fixed -= count(info);
  }
  return { costs, fixed };
}

function assertSameShape({ config }: ModelHeaders, of: NonNullable<PruneSettings['latency']>['model']): void {
  const { layers, hiddenSize, headSize, headsPerGroup } = decoderConfig(config);
  const channels = Math.max(...layers.map((layer) => layer.channels));
  const groups = Math.max(...layers.map((layer) => layer.groups));
  const own = { layers: layers.length, hiddenSize, headSize, headsPerGroup, channels, groups };
  const differing = (Object.keys(own) as (keyof typeof own)[]).filter((name) => own[name] !== of[name]);
  if (differing.length === 0) return;
  const detail = differing.map((name) => `${name} ${of[name]} there, ${own[name]} here`).join(', ');
  throw new SettingsError(
    `The latency table was measured on a model of another shape (${detail}). Measure this one: grasp-bench profile.`,
    ['latency'],
  );
}
