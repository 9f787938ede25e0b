import type { Layout } from '@grasp/budget';

/**
 * The same scores in each block of units, but the highest of them for the units of a mask. So a mask that was chosen anew
 * within the counts of a projection is the projection of these scores, but for units of equal score.
 *
 * @param protect 1 for each unit that a projection keeps whatever its score, which stays.
 */
export function scoresOfMask(
  { blocks }: Layout,
  scores: Float32Array,
  mask: Uint8Array,
  protect?: Uint8Array,
): Float32Array {
  const own = scores.slice();
  for (const { start, count } of blocks) {
    const units = Array.from({ length: count }, (_, i) => start + i).filter((unit) => protect?.[unit] !== 1);
    const ranked = units.toSorted((a, b) => mask[b]! - mask[a]! || scores[b]! - scores[a]!);
    const values = units.map((unit) => scores[unit]!).sort((a, b) => b - a);
    ranked.forEach((unit, place) => {
      own[unit] = values[place]!;
    });
  }
  return own;
}
