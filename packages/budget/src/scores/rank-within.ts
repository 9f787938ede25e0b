import { BudgetError } from '../errors.js';
import { assertUnits, blockIndices, type Layout } from '../layout.js';
import { rankByScore } from '../rank.js';

export interface RankWithin {
  /** Units that compete with each other: those of a layer, or those of one kind in a layer. Default `block`. */
  readonly by?: 'layer' | 'block';
  /** Share of its cost that each layer keeps, by number of the layer. Only ratios between layers matter. Default: equal. */
  readonly keeps?: readonly number[];
}

/**
 * Scores that make one global projection keep the same share of every layer, or shares in the ratio of `keeps`. The score
 * of a unit is `−q / keep`, where `q` is the share of its layer's cost that ranks above it. All else that shapes a mask
 * stays as it is: exact budgets under any cost, minima, multiples.
 *
 * @param scores float32 `[layout.size]`; they are compared within layers only.
 * @throws {BudgetError} if `keeps` lacks a layer or is not positive.
 * @throws {LayoutError} if the scores do not fit the layout or one is NaN.
 */
export function rankWithin(
  layout: Layout,
  scores: Float32Array,
  { by = 'block', keeps }: RankWithin = {},
): Float32Array {
  assertUnits(layout, scores, 'scores');
  const groups = new Map<string, { cost: number; above: number; keep: number }>();
  const groupOf = layout.blocks.map(({ layer, kind, count, cost }) => {
    const keep = keeps === undefined ? 1 : keeps[layer];
    if (keep === undefined || !(keep > 0 && Number.isFinite(keep))) {
      throw new BudgetError(`Layer ${layer} needs a share above 0; received ${keep}.`);
    }
    const name = by === 'layer' ? `${layer}` : `${layer} ${kind}`;
    const group = groups.get(name) ?? { cost: 0, above: 0, keep };
    group.cost += count * cost;
    groups.set(name, group);
    return group;
  });
  const blockAt = blockIndices(layout);
  const ranked = new Float32Array(layout.size);
  for (const unit of rankByScore(scores)) {
    const index = blockAt[unit]!;
    const group = groupOf[index]!;
    const { cost } = layout.blocks[index]!;
    // The middle of its own share: a wide unit counts as kept from half of it on.
    ranked[unit] = -(group.above + cost / 2) / group.cost / group.keep;
    group.above += cost;
  }
  return ranked;
}
