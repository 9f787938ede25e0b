/** A layout, mask or score vector that does not describe units. */
export class LayoutError extends Error {
  readonly code = 'GRASP_LAYOUT';
  override readonly name = 'LayoutError';
}

/** A budget or constraint outside what makes sense. */
export class BudgetError extends Error {
  readonly code = 'GRASP_BUDGET';
  override readonly name = 'BudgetError';
}

/** Fields of {@link BudgetBelowFloorError}. */
export interface FloorShortfall {
  /** Name of the budget that is too small. */
  readonly budget: string;
  readonly limit: number;
  /** Cost of the units that must stay and of what is fixed. */
  readonly floorCost: number;
  /** Cost of the whole model. */
  readonly totalCost: number;
}

/** The units that must stay cost more than the budget. */
export class BudgetBelowFloorError extends Error {
  readonly code = 'GRASP_BUDGET_BELOW_FLOOR';
  override readonly name = 'BudgetBelowFloorError';
  readonly budget: string;
  readonly limit: number;
  readonly floorCost: number;
  /** The smallest keep ratio that holds the units that must stay. */
  readonly smallestKeep: number;

  constructor({ budget, limit, floorCost, totalCost }: FloorShortfall) {
    const smallestKeep = floorCost / totalCost;
    // Rounded up: the printed ratio is one that works.
    const printed = (Math.ceil(smallestKeep * 1e6) / 1e6).toString();
    super(
      `The ${budget} budget of ${limit} is below the ${floorCost} that the units which must stay cost ` +
        `(the minimum of each block, protected units, and what is no unit). ` +
        `Use a limit of at least ${floorCost}, a keep ratio of at least ${printed}, or a lower minimum per block.`,
    );
    this.budget = budget;
    this.limit = limit;
    this.floorCost = floorCost;
    this.smallestKeep = smallestKeep;
  }
}
