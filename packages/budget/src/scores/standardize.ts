import { assertUnits, type Layout } from '../layout.js';

/**
 * Standardises scores in each block: `(s − mean) / standard deviation`, with `n − 1` in the variance. Scores of different
 * layers and kinds can then be ranked together (FLAP, arXiv 2312.11983).
 *
 * @returns float32 `[layout.size]`; 0 in blocks whose scores are all equal.
 * @throws {LayoutError} if the scores do not fit the layout.
 */
export function standardize(layout: Layout, scores: Float32Array): Float32Array {
  assertUnits(layout, scores, 'scores');
  const standard = new Float32Array(layout.size);
  for (const { start, count } of layout.blocks) {
    const own = scores.subarray(start, start + count);
    const mean = own.reduce((sum, x) => sum + x, 0) / count;
    const deviation = Math.sqrt(own.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1));
    if (!(deviation > 0)) continue;
    own.forEach((x, unit) => {
      standard[start + unit] = (x - mean) / deviation;
    });
  }
  return standard;
}
