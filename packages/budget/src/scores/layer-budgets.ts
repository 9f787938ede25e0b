import { type Budget, createBudget } from '../budget.js';
import { BudgetError } from '../errors.js';
import type { Layout } from '../layout.js';

/**
 * One budget for each layer: a share of the cost of its own units. `projectExact` meets all of them, and others too.
 *
 * @param keep the share of every layer, or one for each layer by its number.
 * @throws {BudgetError} if a share is missing or outside (0, 1].
 */
export function layerBudgets(layout: Layout, keep: number | readonly number[]): Budget[] {
  const layers = [...new Set(layout.blocks.map(({ layer }) => layer))];
  return layers.map((layer) => {
    const share = typeof keep === 'number' ? keep : keep[layer];
    if (share === undefined) throw new BudgetError(`Layer ${layer} has no share to keep.`);
    const costs = layout.blocks.map((block) => (block.layer === layer ? block.cost : 0));
    return createBudget(layout, { name: `layer ${layer}`, costs, keep: share });
  });
}
