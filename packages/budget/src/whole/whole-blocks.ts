import { type Budget, budgetCost } from '../budget.js';
import type { Constraints } from '../constraints.js';
import { assertFeasible, projectExact, requiredPerBlock } from '../exact.js';
import { createLayout, type Layout } from '../layout.js';

/** What is kept or removed as a whole: layers, or their attentions and FFNs one by one. */
export type Whole = 'layers' | 'sublayers';

/** Blocks that are kept or removed together, by their indices in the layout, and the sum of their units' scores. */
interface Part {
  readonly layer: number;
  readonly blocks: readonly number[];
  readonly score: number;
}

/**
 * Keeps whole layers, or whole sublayers: those with the highest sum of scores per cost first, each if all budgets allow it. So
 * no other part fits in addition.
 *
 * @param scores `[layout.size]`
 * @param protect units whose part is kept in any case
 * @returns the mask of the units.
 */
export function keepWhole(
  scores: Float32Array,
  layout: Layout,
  budgets: readonly Budget[],
  { whole, protect }: { readonly whole: Whole; readonly protect?: Uint8Array | undefined },
): Uint8Array {
  const counts = layout.blocks.map(() => 0);
  const costOf = ({ blocks }: Part) =>
    blocks.reduce((sum, block) => sum + layout.blocks[block]!.count * layout.blocks[block]!.cost, 0);
  const parts = partsOf(scores, layout, whole)
    .map((part) => ({ part, first: isProtected(part, layout, protect), value: part.score / costOf(part) }))
    .sort((a, b) => Number(b.first) - Number(a.first) || b.value - a.value);
  for (const { part, first } of parts) {
    const tried = counts.map((count, block) =>
      part.blocks.includes(block) ? layout.blocks[block]!.count : count,
    );
    const fits = budgets.every((budget) => budgetCost(budget, tried) <= budget.limit);
    if (first || fits) for (const block of part.blocks) counts[block] = tried[block]!;
  }
  const mask = new Uint8Array(layout.size);
  for (const [block, { start }] of layout.blocks.entries()) mask.fill(1, start, start + counts[block]!);
  return mask;
}

/**
 * The units that stay if each protected unit keeps its whole layer, or sublayer.
 *
 * @param protect `[layout.size]`
 */
export function protectWhole(protect: Uint8Array, layout: Layout, whole: Whole): Uint8Array {
  const units = new Uint8Array(layout.size);
  for (const part of partsOf(new Float32Array(layout.size), layout, whole)) {
    if (!isProtected(part, layout, protect)) continue;
    for (const block of part.blocks) {
      const { start, count } = layout.blocks[block]!;
      units.fill(1, start, start + count);
    }
  }
  return units;
}

/**
 * Removes the `count` layers with the lowest sums of scores, of equal ones the later, and projects the others exactly, as
 * `projectExact` does. Layers with protected units stay.
 *
 * @param scores `[layout.size]`
 * @returns the mask of the units.
 * @throws as `projectExact`
 */
export function projectWithoutLayers(
  scores: Float32Array,
  layout: Layout,
  budgets: Budget | readonly Budget[],
  count: number,
  constraints: Constraints = {},
): Uint8Array {
  const dropped = leastLayers(scores, layout, count, constraints.protect);
  if (dropped.size === 0) return projectExact(scores, layout, budgets, constraints);
  const rest = withoutLayers(layout, [budgets].flat(), constraints, dropped);
  return rest.spread(projectExact(rest.pick(scores), rest.layout, rest.budgets, rest.constraints));
}

/**
 * Checks that `projectWithoutLayers` can meet the budgets for all scores: also if it removes the `count` layers whose required
 * units cost the least.
 *
 * @throws {BudgetBelowFloorError} if it cannot.
 */
export function assertFeasibleWithoutLayers(
  layout: Layout,
  budget: Budget | readonly Budget[],
  count: number,
  constraints: Constraints = {},
): void {
  const required = requiredPerBlock(layout, constraints);
  const parts = partsOf(new Float32Array(layout.size), layout, 'layers').filter(
    (part) => !isProtected(part, layout, constraints.protect),
  );
  for (const each of [budget].flat()) {
    const requiredCost = ({ blocks }: Part) =>
      blocks.reduce((sum, block) => sum + required[block]! * each.costs[block]!, 0);
    const cheapest = [...parts].sort((a, b) => requiredCost(a) - requiredCost(b)).slice(0, count);
    const dropped = new Set(cheapest.map(({ layer }) => layer));
    const rest = withoutLayers(layout, [each], constraints, dropped);
    assertFeasible(rest.layout, rest.budgets, rest.constraints);
  }
}

function leastLayers(
  scores: Float32Array,
  layout: Layout,
  count: number,
  protect: Uint8Array | undefined,
): ReadonlySet<number> {
  const parts = partsOf(scores, layout, 'layers').filter((part) => !isProtected(part, layout, protect));
  parts.sort((a, b) => a.score - b.score || b.layer - a.layer);
  return new Set(parts.slice(0, count).map(({ layer }) => layer));
}

/** A projection problem, and where its units are in the whole one. */
interface SubProblem {
  readonly layout: Layout;
  readonly budgets: readonly Budget[];
  readonly constraints: Constraints;
  /** The entries of a vector over all units that belong to the problem. */
  pick(vector: Float32Array): Float32Array;
  /** A mask over all units; those that are not in the problem are 0. */
  spread(mask: Uint8Array): Uint8Array;
}

/** The problem without some layers. */
function withoutLayers(
  layout: Layout,
  budgets: readonly Budget[],
  { protect, ...constraints }: Constraints,
  dropped: ReadonlySet<number>,
): SubProblem {
  const kept = layout.blocks.flatMap(({ layer }, block) => (dropped.has(layer) ? [] : [block]));
  const blocks = kept.map((block) => layout.blocks[block]!);
  const units = blocks.flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i));
  const { minimum } = constraints;
  return {
    layout: createLayout(blocks),
    budgets: budgets.map((budget) => ({ ...budget, costs: kept.map((block) => budget.costs[block]!) })),
    constraints: {
      ...constraints,
      ...(typeof minimum === 'object' ? { minimum: kept.map((block) => minimum[block]!) } : {}),
      ...(protect ? { protect: Uint8Array.from(units, (unit) => protect[unit]!) } : {}),
    },
    pick: (vector) => Float32Array.from(units, (unit) => vector[unit]!),
    spread(mask) {
      const all = new Uint8Array(layout.size);
      units.forEach((unit, index) => {
        all[unit] = mask[index]!;
      });
      return all;
    },
  };
}

function isProtected({ blocks }: Part, layout: Layout, protect: Uint8Array | undefined): boolean {
  return blocks.some((block) => {
    const { start, count } = layout.blocks[block]!;
    return protect?.subarray(start, start + count).includes(1) ?? false;
  });
}

function partsOf(scores: Float32Array, layout: Layout, whole: Whole): Part[] {
  const parts = new Map<string, { layer: number; blocks: number[]; score: number }>();
  layout.blocks.forEach(({ layer, kind, start, count }, block) => {
    const key = whole === 'layers' ? `${layer}` : `${layer}.${kind}`;
    const part = parts.get(key) ?? { layer, blocks: [], score: 0 };
    part.blocks.push(block);
    part.score += scores.subarray(start, start + count).reduce((sum, score) => sum + score, 0);
    parts.set(key, part);
  });
  return [...parts.values()];
}
