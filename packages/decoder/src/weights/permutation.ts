import type { UnitBlock } from '@grasp/budget';

/**
 * The order in which a block's units are laid out in memory: the computed ones first, the pruned ones after.
 *
 * The number computed is rounded up to a multiple of the block's grain, so that functions recorded for one
 * width serve many masks; the gates of the surplus are 0. The order depends on the gates alone, never on
 * what was kept before: the same gates give the same sums, bit for bit.
 */
export interface Arrangement {
  /** Original index of each unit, within the block. */
  readonly order: Int32Array;
  /** The first so many are computed. */
  readonly computed: number;
}

/** Units of a block that share one recorded width: about one part in 24, rounded to a power of two. */
export function grainOf(count: number): number {
  return 2 ** Math.max(0, Math.round(Math.log2(count / 24)));
}

/** Arranges a block for the gates given, `gates` being the whole unit vector. */
export function arrange(block: UnitBlock, gates: Float32Array): Arrangement {
  const { start, count } = block;
  const order = new Int32Array(count);
  let kept = 0;
  for (let i = 0; i < count; i++) if (gates[start + i] !== 0) order[kept++] = i;
  let next = kept;
  for (let i = 0; i < count; i++) if (gates[start + i] === 0) order[next++] = i;
  const grain = grainOf(count);
  return { order, computed: Math.min(count, Math.max(1, Math.ceil(kept / grain)) * grain) };
}

/** Everything in its own place, everything computed. */
export function identityArrangement(count: number): Arrangement {
  return { order: Int32Array.from({ length: count }, (_, i) => i), computed: count };
}

export function sameArrangement(a: Arrangement, b: Arrangement): boolean {
  return a.computed === b.computed && a.order.every((unit, i) => unit === b.order[i]);
}
