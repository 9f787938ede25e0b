import type { UnitBlock } from '@grasp/budget';

/**
 * The order in which a block's units lie in memory: kept units first, pruned ones after.
 *
 * The number of computed units is rounded up to a multiple of the block's grain, so that functions recorded for one
 * width serve many masks; the surplus units have a gate of 0. The order depends on the gates alone, never on earlier
 * masks, so the same gates give the same sums, bit for bit.
 */
export interface Permutation {
  /** For each place, the index of its unit within the block. */
  readonly order: Int32Array;
  /** Number of computed units, which lie first. */
  readonly computed: number;
}

/** Units that share one recorded width: about one part in 24 of a block, rounded to a power of two. */
function grainOf(count: number): number {
  return 2 ** Math.max(0, Math.round(Math.log2(count / 24)));
}

/** The permutation of a block for `gates`, the whole unit vector. */
export function permutationOf(block: UnitBlock, gates: Float32Array): Permutation {
  const { start, count } = block;
  const order = new Int32Array(count);
  let kept = 0;
  for (let i = 0; i < count; i++) if (gates[start + i] !== 0) order[kept++] = i;
  let next = kept;
  for (let i = 0; i < count; i++) if (gates[start + i] === 0) order[next++] = i;
  const grain = grainOf(count);
  return { order, computed: Math.min(count, Math.max(1, Math.ceil(kept / grain)) * grain) };
}

/** Every unit in its own place, every unit computed. */
export function identityPermutation(count: number): Permutation {
  return { order: Int32Array.from({ length: count }, (_, i) => i), computed: count };
}

export function samePermutation(a: Permutation, b: Permutation): boolean {
  return a === b || (a.computed === b.computed && a.order.every((unit, i) => unit === b.order[i]));
}

/** Indices of units as indices of their rows, `rows` for each unit. */
export function rowsOfUnits(units: ArrayLike<number>, rows: number): Int32Array {
  const indices = new Int32Array(units.length * rows);
  for (let i = 0; i < indices.length; i++) indices[i] = units[Math.floor(i / rows)]! * rows + (i % rows);
  return indices;
}
