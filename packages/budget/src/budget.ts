import { costOf } from './cost.js';
import { BudgetError } from './errors.js';
import { blockName, type Layout, type UnitKind } from './layout.js';

/** A limit on the cost of the kept units, under one cost model. */
export interface Budget {
  /** Name of the cost, for messages: `prunable cost`, `parameters`, `KV bytes`. */
  readonly name: string;
  /** Cost of one unit of each block, in block order. 0 if this budget does not count a block. */
  readonly costs: readonly number[];
  /** Cost that does not depend on the mask, such as embeddings and norms. Default 0. */
  readonly fixed?: number;
  /** Limit on the cost of the kept units plus the fixed cost. */
  readonly limit: number;
}

/** Cost of one unit of each kind. */
export type KindCosts = Readonly<Record<UnitKind, number>>;

export type BudgetSpec = {
  readonly name?: string;
  /** Cost of one unit, by kind or by block. Default: the costs of the layout. */
  readonly costs?: KindCosts | readonly number[];
  /** Cost that does not depend on the mask. `keep` is a share of the total that includes it. Default 0. */
  readonly fixed?: number;
} & ({ readonly keep: number } | { readonly limit: number });

/**
 * Creates the budget of the paper, `B = keep · total cost` (GRASPrune, arXiv 2604.19398, section 3).
 *
 * @param keep share of the prunable cost to keep, in (0, 1].
 * @throws {BudgetError} if `keep` is outside (0, 1].
 */
export function budgetFromKeepRatio(layout: Layout, keep: number): Budget {
  return createBudget(layout, { keep });
}

/**
 * Creates a budget under any cost model, with a share of the total (`keep`) or an absolute `limit`.
 *
 * @throws {BudgetError} if the keep ratio, the limit or a cost is out of range.
 */
export function createBudget(layout: Layout, spec: BudgetSpec): Budget {
  const { name = 'prunable cost', fixed = 0 } = spec;
  const costs = layout.blocks.map((block, index) => {
    const { costs } = spec;
    const cost = costs === undefined ? block.cost : isPerBlock(costs) ? costs[index] : costs[block.kind];
    if (cost === undefined || !(Number.isFinite(cost) && cost >= 0)) {
      throw new BudgetError(
        `The ${name} budget needs a cost of at least 0 for a unit of ${blockName(block)}; received ${cost}.`,
      );
    }
    return cost;
  });
  if (!(Number.isFinite(fixed) && fixed >= 0)) {
    throw new BudgetError(
      `The fixed cost of the ${name} budget must be a number of at least 0; received ${fixed}.`,
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
      `The limit of the ${name} budget must be a number of at least 0; received ${spec.limit}.`,
    );
  }
  return { ...free, limit: spec.limit };
}

/** Returns the cost of `counts[b]` units of each block `b` plus the fixed cost. */
export function budgetCost({ costs, fixed }: Omit<Budget, 'limit'>, counts: ArrayLike<number>): number {
  return costOf(costs, counts, fixed);
}

/** Returns the cost of the dense model under a budget. */
export function denseCost({ blocks }: Layout, budget: Omit<Budget, 'limit'>): number {
  return budgetCost(
    budget,
    blocks.map(({ count }) => count),
  );
}

function isPerBlock(costs: KindCosts | readonly number[]): costs is readonly number[] {
  return Array.isArray(costs);
}
