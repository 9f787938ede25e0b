import { BudgetBelowFloorError } from '@grasp/budget';
import type { BudgetName } from '../settings/budget.js';
import type { PruneSettings } from '../settings/schema.js';
import { wholeOf } from './constraints.js';

/** Digits after the point of the smallest value of a setting that is a share or a time. */
const DIGITS: Partial<Record<BudgetName, number>> = {
  keep: 4,
  flops: 4,
  kvBytes: 4,
  latencyShare: 4,
  latencyMs: 3,
};
const SHARES: readonly BudgetName[] = ['keep', 'flops', 'kvBytes', 'latencyShare'];

/** A budget setting is too small for the units that must be kept. */
export class BudgetTooSmallError extends BudgetBelowFloorError {
  /** The smallest value of the setting that can be met, rounded up. */
  readonly smallest: number;

  /** @param total cost of the dense model, in the unit of the floor's cost. */
  constructor(
    readonly setting: BudgetName,
    settings: PruneSettings,
    { budget, limit, floorCost }: BudgetBelowFloorError,
    totalCost: number,
  ) {
    super({ budget, limit, floorCost, totalCost });
    this.smallest = smallestValue(setting, floorCost, totalCost);
    const path = `budget.${setting}`;
    this.message =
      `${path} ${settings.budget[setting]} is too small: the units that must be kept need ${this.smallest}. ` +
      `Use ${[`${path} ${this.smallest} or more`, ...looser(settings)].join(', or ')}.`;
  }
}

function smallestValue(setting: BudgetName, floorCost: number, totalCost: number): number {
  const unit = 10 ** (DIGITS[setting] ?? 0);
  const isShare = SHARES.includes(setting);
  // The limit is computed as share × total, which may round to below the floor.
  const isMet = (value: number) => (isShare ? value * totalCost : value) >= floorCost;
  let steps = Math.ceil((isShare ? floorCost / totalCost : floorCost) * unit);
  while (!isMet(steps / unit)) steps++;
  return isShare ? Math.min(1, steps / unit) : steps / unit;
}

/** What else makes room: the constraints that keep units. */
function looser(settings: PruneSettings): string[] {
  const { minimum, protect, align, layout, only } = settings.projection;
  return [
    ...(minimum > 0 && !wholeOf(settings) ? ['a lower projection.minimum'] : []),
    ...(align > 1 ? ['a smaller projection.align'] : []),
    ...(protect ? ['fewer units in projection.protect'] : []),
    ...(only ? ['no projection.only'] : []),
    ...(layout === 'uniform' ? ['projection.layout free'] : []),
  ];
}
