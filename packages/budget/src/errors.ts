/** A layout is invalid, or a mask, score vector or pattern does not fit it. */
export class LayoutError extends Error {
  readonly code = 'GRASP_LAYOUT';
  override readonly name = 'LayoutError';
}

/** A budget or constraint is out of range. */
export class BudgetError extends Error {
  readonly code = 'GRASP_BUDGET';
  override readonly name = 'BudgetError';
}

/** Fields of {@link BudgetBelowFloorError}. */
export interface FloorShortfall {
  /** Name of the budget that is too small. */
  readonly budget: string;
  readonly limit: number;
  /** Cost of the units that must be kept, plus the fixed cost. */
  readonly floorCost: number;
  /** Cost of the dense model. */
  readonly totalCost: number;
}

/** The units that must be kept cost more than the budget. */
export class BudgetBelowFloorError extends Error {
  readonly code = 'GRASP_BUDGET_BELOW_FLOOR';
  override readonly name = 'BudgetBelowFloorError';
  readonly budget: string;
  readonly limit: number;
  readonly floorCost: number;
  /** The smallest feasible keep ratio. */
  readonly smallestKeep: number;

  constructor({ budget, limit, floorCost, totalCost }: FloorShortfall) {
    const smallestKeep = floorCost / totalCost;
    // Rounded up: the printed ratio is one that works.
    const printed = (Math.ceil(smallestKeep * 1e6) / 1e6).toString();
    super(
      `The budget "${budget}" allows ${limit}, but the units that must be kept cost ${floorCost}. These are the minimum ` +
        `of each block and protected units; a fixed cost is included. Use a limit of at least ${floorCost}, or a keep ` +
        `of at least ${printed}, or a lower minimum.`,
    );
    this.budget = budget;
    this.limit = limit;
    this.floorCost = floorCost;
    this.smallestKeep = smallestKeep;
  }
}
