import { BudgetError } from './errors.js';
import { assertUnits, blockIndices, blockName, type Layout, type UnitKind } from './layout.js';

/** Constraints on a mask that hold for all scores. */
export interface Constraints {
  /** Minimum number of units to keep, for all blocks or per block. Blocks with fewer units are kept whole. Default 1. */
  readonly minimum?: number | ArrayLike<number>;
  /** `[layout.size]`: 1 for each unit that must be kept. These units count towards the minimum of their block. */
  readonly protect?: Uint8Array;
  /**
   * Units of these kinds are kept in multiples of a number, for hardware and formats that need round widths. A block
   * with fewer units counts as one multiple. Units beyond the last multiple of a block are never kept.
   */
  readonly multipleOf?: Readonly<Record<UnitKind, number>>;
  /** Kinds whose blocks all keep the same number of units, for formats with one width for all layers. */
  readonly uniform?: readonly UnitKind[];
}

/** Returns the minimum number of units of each block, without regard to protected units. */
export function minimumPerBlock(layout: Layout, { minimum = 1 }: Constraints): number[] {
  return layout.blocks.map((block, index) => {
    const fewest = typeof minimum === 'number' ? minimum : minimum[index];
    if (fewest === undefined || !Number.isInteger(fewest) || fewest < 0) {
      throw new BudgetError(
        `The minimum of ${blockName(block)} must be an integer of at least 0; received ${fewest}.`,
      );
    }
    return Math.min(fewest, block.count);
  });
}

/**
 * Returns a mask of the units that must be kept: the protected units, then the best units of each block up to its minimum.
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
