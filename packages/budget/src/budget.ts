import { costOf } from './cost.js';
import { BudgetError } from './errors.js';
import { blockName, type Layout, type UnitKind } from './layout.js';

/** A limit on the cost of the units kept, under one cost model. */
export interface Budget {
  /** What the cost counts, for messages: `prunable cost`, `parameters`, `KV bytes`. */
  readonly name: string;
  /** Cost of one unit of each block, in block order. 0 where this budget does not see a block. */
  readonly costs: readonly number[];
  /** Cost of what is there whatever is kept: embeddings, norms. Default 0. */
  readonly fixed?: number;
  /** Most that the kept units and what is fixed may cost together. */
  readonly limit: number;
}

/** Cost of one unit of each kind. */
export type KindCosts = Readonly<Record<UnitKind, number>>;

export type BudgetSpec = {
  readonly name?: string;
  /** Cost of one unit by kind or by block. The layout's own costs where left out. */
  readonly costs?: KindCosts | readonly number[];
  /** Cost of what is there whatever is kept; a share is one of the whole with it. Default 0. */
  readonly fixed?: number;
} & ({ readonly keep: number } | { readonly limit: number });

/**
 * The paper's budget `B = keep · total cost` (GRASPrune, arXiv 2604.19398, section 3).
 *
 * @param keep share of the prunable cost to keep, in (0, 1].
 * @throws {BudgetError} if `keep` is outside (0, 1].
 */
export function budgetFromKeepRatio(layout: Layout, keep: number): Budget {
  return createBudget(layout, { keep });
}

/**
 * A budget under any cost model: a share of the total (`keep`) or an absolute `limit`.
 *
 * @throws {BudgetError} if the keep ratio, the limit or a cost makes no sense.
 */
export function createBudget(layout: Layout, spec: BudgetSpec): Budget {
  const { name = 'prunable cost', fixed = 0 } = spec;
  const costs = layout.blocks.map((block, index) => {
    const { costs } = spec;
    const cost = costs === undefined ? block.cost : isPerBlock(costs) ? costs[index] : costs[block.kind];
    if (cost === undefined || !(Number.isFinite(cost) && cost >= 0)) {
      throw new BudgetError(
        `The ${name} budget needs a cost from 0 on for a unit of ${blockName(block)}; received ${cost}.`,
      );
    }
    return cost;
  });
  if (!(Number.isFinite(fixed) && fixed >= 0)) {
    throw new BudgetError(
      `The fixed cost of the ${name} budget must be a number from 0 on; received ${fixed}.`,
    );
  }
  const free = { name, costs, ...(fixed > 0 && { fixed }) };
  if ('keep' in spec) {
    const { keep } = spec;
    if (!(keep > 0 && keep <= 1)) {
      throw new BudgetError(
        `The keep ratio must be above 0 and at most 1; received ${keep}. Use 0.5 to keep half of the ${name}.`,
      );
    }
    return { ...free, limit: keep * denseCost(layout, free) };
  }
  if (!(Number.isFinite(spec.limit) && spec.limit >= 0)) {
    throw new BudgetError(
      `The limit of the ${name} budget must be a number from 0 on; received ${spec.limit}.`,
    );
  }
  return { ...free, limit: spec.limit };
}

/** What so many units of each block cost under a budget, with what is fixed. */
export function budgetCost({ costs, fixed }: Omit<Budget, 'limit'>, counts: ArrayLike<number>): number {
  return costOf(costs, counts, fixed);
}

/** What the whole model costs under a budget. */
export function denseCost({ blocks }: Layout, budget: Omit<Budget, 'limit'>): number {
  return budgetCost(
    budget,
    blocks.map(({ count }) => count),
  );
}

function isPerBlock(costs: KindCosts | readonly number[]): costs is readonly number[] {
  return Array.isArray(costs);
}
