import { BudgetError } from './errors.js';
import { assertUnits, blockIndices, blockName, type Layout, type UnitKind } from './layout.js';

/** What a projection must keep to whatever the scores. */
export interface Constraints {
  /** Fewest units to keep: one number for every block, or one per block. A block keeps at most all. Default 1. */
  readonly minimum?: number | ArrayLike<number>;
  /** Units that must stay: 1 for each. They count towards their block's minimum. */
  readonly protect?: Uint8Array;
  /**
   * Units of a kind are kept in multiples of a number, for hardware and formats that want round widths. A block with
   * fewer units counts as one multiple; what a block has beyond its last multiple is never kept.
   */
  readonly multipleOf?: Readonly<Record<UnitKind, number>>;
  /** Kinds of which every block keeps as many units as the others, for formats with one width for all layers. */
  readonly uniform?: readonly UnitKind[];
}

/** Fewest units that each block must keep, protected units not considered. */
export function minimumPerBlock(layout: Layout, { minimum = 1 }: Constraints): number[] {
  return layout.blocks.map((block, index) => {
    const fewest = typeof minimum === 'number' ? minimum : minimum[index];
    if (fewest === undefined || !Number.isInteger(fewest) || fewest < 0) {
      throw new BudgetError(
        `The minimum of ${blockName(block)} must be a whole number from 0 on; received ${fewest}.`,
      );
    }
    return Math.min(fewest, block.count);
  });
}

/**
 * The units that must stay: the protected ones, then each block's best until it has its minimum.
 *
 * @param ranking all units, best first.
 */
export function requiredUnits(layout: Layout, ranking: Uint32Array, constraints: Constraints): Uint8Array {
  const { protect } = constraints;
  const required = new Uint8Array(layout.size);
  const missing = Int32Array.from(minimumPerBlock(layout, constraints));
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
