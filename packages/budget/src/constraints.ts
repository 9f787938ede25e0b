import { BudgetError } from './errors.js';
import { assertUnits, blockIndices, blockName, type Layout } from './layout.js';

/** What a projection must keep whatever the scores. */
export interface Constraints {
  /** Fewest units to keep: one number for every block, or one per block. A block keeps at most all. Default 1. */
  readonly minimum?: number | ArrayLike<number>;
  /** Units that must stay: 1 for each. They count towards their block's minimum. */
  readonly protect?: Uint8Array;
}

/**
 * The units that must stay: the protected ones, then each block's best until it has its minimum.
 *
 * @param ranking all units, best first.
 */
export function requiredUnits(
  layout: Layout,
  ranking: Uint32Array,
  constraints: Constraints = {},
): Uint8Array {
  const { protect } = constraints;
  const required = new Uint8Array(layout.size);
  const missing = minimumPerBlock(layout, constraints);
  const block = blockIndices(layout);
  if (protect) {
    assertUnits(layout, protect, 'protect mask');
    for (let unit = 0; unit < layout.size; unit++) {
      if (protect[unit] === 0) continue;
      required[unit] = 1;
      missing[block[unit]!]!--;
    }
  }
  for (const unit of ranking) {
    if (required[unit] === 1 || missing[block[unit]!]! <= 0) continue;
    required[unit] = 1;
    missing[block[unit]!]!--;
  }
  return required;
}

/** Units that each block must keep at least; more for a block with more protected units. */
function minimumPerBlock(layout: Layout, { minimum = 1 }: Constraints): Int32Array {
  return Int32Array.from(layout.blocks, (block, index) => {
    const fewest = typeof minimum === 'number' ? minimum : minimum[index];
    if (fewest === undefined || !Number.isInteger(fewest) || fewest < 0) {
      throw new BudgetError(
        `The minimum of ${blockName(block)} must be a whole number from 0 on; received ${fewest}.`,
      );
    }
    return Math.min(fewest, block.count);
  });
}
