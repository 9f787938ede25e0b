/** Unit roundoff: the largest relative error of rounding a value to nearest. */
const unitRoundoff = {
  float64: 2 ** -53,
  float32: 2 ** -24,
  float16: 2 ** -11,
  bfloat16: 2 ** -8,
} as const;

/**
 * The tolerance for two evaluations of the same sums that differ only by rounding: `4 · √terms · u · scale`, where `u` is
 * the unit roundoff of `dtype`.
 *
 * The order of a sum, and so its rounding errors, depends on the processor's instruction set. With high probability
 * these errors stay below a small multiple of `√terms · u · Σ |term|` in any order (N. J. Higham and T. Mary, "A New
 * Approach to Probabilistic Rounding Error Analysis", SIAM J. Sci. Comput. 41(5), 2019).
 *
 * @param terms number of terms of the longest sum. For sums that feed one another, add their lengths
 * @param scale size of the sums, in the units of the error. Default 1, for an error relative to them. Use `Σ |term|` if
 *   the terms nearly cancel
 */
export function toleranceOf(dtype: keyof typeof unitRoundoff, terms: number, scale = 1): number {
  return 4 * Math.sqrt(terms) * unitRoundoff[dtype] * scale;
}
