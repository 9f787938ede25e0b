import { type Budget, budgetCost, createBudget, denseCost, flopCosts, kvCacheCosts } from '@grasp/budget';
import { type Checkpoint, elementCount, type TensorInfo } from '@grasp/checkpoint';
import {
  configOf,
  decoderLayout,
  type LayerShape,
  maskedShapes,
  modelTensors,
  unitSlices,
} from '@grasp/decoder';
import type { BudgetName } from '../settings/budget.js';
import type { LatencyTable } from '../settings/latency-table.js';
import type { PruneSettings } from '../settings/schema.js';
import { SettingsError } from '../settings/settings-error.js';
import { latencyCosts } from './latency-costs.js';

/** The parts of a checkpoint that can be read from its headers. */
export type ModelHeaders = Pick<Checkpoint, 'config' | 'tensors'>;

/** A budget and the name of its setting. */
export interface StatedBudget extends Budget {
  readonly setting: BudgetName;
}

/** A budget and what the written model uses of it. */
export interface BudgetOutcome {
  readonly setting: BudgetName;
  /** The unit that is counted: `parameters`. */
  readonly name: string;
  readonly limit: number;
  readonly kept: number;
  /** Count of the dense model. */
  readonly total: number;
}

/** The written model exceeds a budget that its mask meets. */
export class BudgetMissedError extends Error {
  override readonly name = 'BudgetMissedError';
  readonly code = 'GRASP_BUDGET_MISSED';
  constructor(readonly outcome: BudgetOutcome) {
    const { name, kept, limit } = outcome;
    super(
      `The written model has ${kept} ${name}; the budget allows ${limit}. This is an error of GRASP. Please report it.`,
    );
  }
}

const elements = ({ shape }: TensorInfo): number => elementCount(shape);
const bytes = (info: TensorInfo): number => elements(info) * (info.dtype === 'F32' ? 4 : 2);

/** Budgets that count all tensors, prunable or not. */
const tensorCounts: Partial<Record<BudgetName, (info: TensorInfo) => number>> = {
  params: elements,
  size: bytes,
};

/**
 * The budgets of the settings, for a dense model.
 *
 * @throws SettingsError if the latency table belongs to a model of another shape.
 */
export function budgetsOf(model: ModelHeaders, settings: PruneSettings): StatedBudget[] {
  const config = configOf(model);
  const layout = decoderLayout(config);
  const shape = {
    hiddenSize: config.hiddenSize,
    headDim: config.headDim,
    queriesPerKvHead: config.queriesPerKvHead,
  };
  const { keep, params, size, flops, flopsContext, kvBytes, latency, latencyShare, latencyMs } =
    settings.budget;
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
  if (latency) {
    assertSameShape(model, latency.model);
    const { fixed, ...costs } = latencyCosts(latency);
    const spec = { name: `milliseconds for ${latency.tokens} tokens`, costs, fixed };
    if (latencyShare !== undefined)
      add('latencyShare', createBudget(layout, { ...spec, keep: latencyShare }));
    if (latencyMs !== undefined) add('latencyMs', createBudget(layout, { ...spec, limit: latencyMs }));
  }
  return budgets;
}

/**
 * What a written model uses of the budgets, counted in its own headers.
 *
 * @param mask units of the dense model that were kept. Layers without any may be absent from the written model.
 */
export function budgetOutcomes(
  budgets: readonly StatedBudget[],
  dense: ModelHeaders,
  written: ModelHeaders,
  mask: Uint8Array,
): BudgetOutcome[] {
  const layout = decoderLayout(configOf(dense));
  const layers = writtenLayers(dense, written, mask);
  const widths = layout.blocks.map(
    ({ layer, kind }) => layers[layer]![kind === 'kv' ? 'kvHeads' : 'channels'],
  );
  return budgets.map(({ setting, name, ...budget }) => {
    const count = tensorCounts[setting];
    const kept = count ? sum(written, count) : budgetCost({ name, ...budget }, widths);
    return { setting, name, limit: budget.limit, kept, total: denseCost(layout, { name, ...budget }) };
  });
}

/** Widths in the written model of each layer of the dense one. */
function writtenLayers(dense: ModelHeaders, written: ModelHeaders, mask: Uint8Array): readonly LayerShape[] {
  const { layers } = configOf(written);
  const shapes = maskedShapes(configOf(dense), mask);
  if (layers.length === shapes.length) return layers;
  let next = 0;
  return shapes.map((shape) => (shape.channels + shape.kvHeads > 0 ? layers[next++]! : shape));
}

/** @throws BudgetMissedError if a written model exceeds a budget. */
export function assertMet(outcomes: readonly BudgetOutcome[]): void {
  const missed = outcomes.find(({ kept, limit }) => kept > limit);
  if (missed) throw new BudgetMissedError(missed);
}

/** A count over the tensors that the model has. A checkpoint may hold others. */
const sum = (model: ModelHeaders, count: (info: TensorInfo) => number): number =>
  [...modelTensors(model, configOf(model)).tensors.values()].reduce((total, info) => total + count(info), 0);

/** The count of one unit in each block, and of everything that is not prunable. */
function tensorCosts(model: ModelHeaders, count: (info: TensorInfo) => number) {
  const config = configOf(model);
  const { blocks } = decoderLayout(config);
  const costs = blocks.map(() => 0);
  const { tensors } = modelTensors(model, config);
  let fixed = sum(model, count);
  for (const { tensor, axis, layer, kind, width } of unitSlices(config)) {
    const info = tensors.get(tensor);
    if (!info) continue;
    const index = blocks.findIndex((block) => block.layer === layer && block.kind === kind);
    costs[index]! += (count(info) / info.shape[axis]!) * width;
    fixed -= count(info);
  }
  return { costs, fixed };
}

function assertSameShape(model: ModelHeaders, measured: LatencyTable['model']): void {
  const { layers, hiddenSize, headDim, queriesPerKvHead } = configOf(model);
  const channels = Math.max(...layers.map((layer) => layer.channels));
  const own = {
    layers: layers.length,
    hiddenSize,
    // The file keeps the names of its first version.
    headSize: headDim,
    headsPerGroup: queriesPerKvHead,
    channels,
    groups: Math.max(...layers.map((layer) => layer.kvHeads)),
  };
  const differing = (Object.keys(own) as (keyof typeof own)[]).filter((name) => own[name] !== measured[name]);
  if (differing.length === 0) return;
  const detail = differing
    .map((name) => `${name}: ${measured[name]} in the table, ${own[name]} in this model`)
    .join(', ');
  throw new SettingsError(
    `The latency table belongs to a model of another shape (${detail}). Measure this model with grasp-bench profile.`,
    ['budget.latency'],
  );
}
