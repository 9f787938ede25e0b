import { assertUnits, type Layout } from '../layout.js';

/**
 * Standard scores of values: `(x − mean) / standard deviation`, with `n − 1` in the variance.
 *
 * @returns float32 `[n]`; 0 if all values are equal.
 */
export function standardScores(values: ArrayLike<number>): Float32Array {
  const all = Float64Array.from(values);
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
  const squares = all.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (all.length - 1));
  return Float32Array.from(all, (x) => (deviation > 0 ? (x - mean) / deviation : 0));
}

/**
 * Standardises scores in each block (`standardScores`). Scores of different layers and kinds can then be ranked together.
 *
 * @returns float32 `[layout.size]`; 0 in blocks whose scores are all equal.
 * @throws {LayoutError} if the scores do not fit the layout.
 */
export function standardize(layout: Layout, scores: Float32Array): Float32Array {
  assertUnits(layout, scores, 'scores');
  const standard = new Float32Array(layout.size);
  for (const { start, count } of layout.blocks)
    standard.set(standardScores(scores.subarray(start, start + count)), start);
  return standard;
}
