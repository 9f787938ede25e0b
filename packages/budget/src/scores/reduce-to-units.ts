import { LayoutError } from '../errors.js';
import { blockName, type Layout } from '../layout.js';

/**
 * Sums entries by unit: norms of rows, products of weights and gradients, statistics of channels.
 *
 * @param perEntry for each block of the layout, `count · w` entries, unit after unit. `w` may differ between blocks. A
 *   block without entries gets 0.
 * @returns float32 `[layout.size]`; the sums are computed in float64.
 * @throws {LayoutError} if a block has a number of entries that is no multiple of its units.
 */
export function reduceToUnits(
  layout: Layout,
  perEntry: readonly (ArrayLike<number> | undefined)[],
): Float32Array {
  const units = new Float32Array(layout.size);
  layout.blocks.forEach((block, index) => {
    const entries = perEntry[index] ?? [];
    const width = entries.length / block.count;
    if (!Number.isInteger(width)) {
      throw new LayoutError(
        `The ${block.count} units of ${blockName(block)} cannot share ${entries.length} entries. Give each unit the same number.`,
      );
    }
    for (let unit = 0; unit < block.count; unit++) {
      let sum = 0;
      for (let i = unit * width; i < (unit + 1) * width; i++) sum += entries[i]!;
      units[block.start + unit] = sum;
    }
  });
  return units;
}
