import { clamp, nearestInt } from './nearest-int.js';

const f = Math.fround;

/** The scales that are tried map the range of the numbers to `first + step · i + levels` steps, for i from 0 to `count`. */
export interface Attempts {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

const attempted = new Uint8Array(32);

/**
 * Finds a scale, a minimum and levels from 0 to `top` so that `scale · level − min` is close to `x`, in weighted squares.
 * The minimum is not negative, so 0 is in the range.
 *
 * Sums and products are rounded to float32 in the order of ggml's `make_qkx2_quants` and `make_qkx3_quants`.
 *
 * @param x `count` numbers from `from` on, at most 32
 * @param weights `count` numbers
 * @param levels receives the levels, from `from` on
 */
export function fitAffine(
  x: Float32Array,
  from: number,
  count: number,
  top: number,
  weights: Float32Array,
  levels: Uint8Array,
  attempts: Attempts,
): { readonly scale: number; readonly min: number } {
  let low = x[from]!;
  let high = low;
  let sumW = weights[0]!;
  let sumX = f(sumW * low);
  for (let i = 1; i < count; i++) {
    const value = x[from + i]!;
    if (value < low) low = value;
    if (value > high) high = value;
    sumW = f(sumW + weights[i]!);
    sumX = f(sumX + f(weights[i]! * value));
  }
  if (low > 0) low = 0;
  if (high <= low) {
    levels.fill(0, from, from + count);
    return { scale: 0, min: -low };
  }
  let inverse = f(top / f(high - low));
  let scale = f(1 / inverse);
  let best = 0;
  for (let i = 0; i < count; i++) {
    const value = x[from + i]!;
    const level = clamp(nearestInt(f(inverse * f(value - low))), 0, top);
    levels[from + i] = level;
    const difference = f(f(f(scale * level) + low) - value);
    best = f(best + f(weights[i]! * f(difference * difference)));
  }
  // `low` is that of the best fit so far, also in the range of later attempts.
  for (let attempt = 0; attempt <= attempts.count; attempt++) {
    inverse = f(f(f(attempts.first + f(attempts.step * attempt)) + top) / f(high - low));
    let [sumL, sumLL, sumXL] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const value = x[from + i]!;
      const level = clamp(nearestInt(f(inverse * f(value - low))), 0, top);
      attempted[i] = level;
      const weighted = f(weights[i]! * level);
      sumL = f(sumL + weighted);
      sumLL = f(sumLL + f(weighted * level));
      sumXL = f(sumXL + f(weighted * value));
    }
    const determinant = f(f(sumW * sumLL) - f(sumL * sumL));
    if (!(determinant > 0)) continue;
    let thisScale = f(f(f(sumW * sumXL) - f(sumX * sumL)) / determinant);
    let thisLow = f(f(f(sumLL * sumX) - f(sumL * sumXL)) / determinant);
    if (thisLow > 0) {
      thisLow = 0;
      thisScale = f(sumXL / sumLL);
    }
    let error = 0;
    for (let i = 0; i < count; i++) {
      const difference = f(f(f(thisScale * attempted[i]!) + thisLow) - x[from + i]!);
      error = f(error + f(weights[i]! * f(difference * difference)));
    }
    if (error < best) {
      for (let i = 0; i < count; i++) levels[from + i] = attempted[i]!;
      [best, scale, low] = [error, thisScale, thisLow];
    }
  }
  return { scale, min: -low };
}
