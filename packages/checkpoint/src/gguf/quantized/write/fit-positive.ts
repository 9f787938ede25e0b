import { ZERO } from './fit-symmetric.js';
import { nearestInt } from './nearest-int.js';

const f = Math.fround;

/**
 * Finds a scale and levels from 0 to `top` so that `scale · level` is close to numbers that are not negative, in weighted
 * squares: the best of nine scales, then changes of single levels while they help.
 *
 * Sums and products are rounded to float32 in the order of ggml's `make_qp_quants`.
 *
 * @param levels receives a level for each number
 * @returns the scale
 */
export function fitPositive(x: Float32Array, top: number, weights: Float32Array, levels: Uint8Array): number {
  const count = x.length;
  let high = 0;
  for (const value of x) if (value > high) high = value;
  if (high < ZERO) {
    levels.fill(0);
    return 0;
  }
  const errorOf = (inverse: number, levelOf: (nearest: number) => number) => {
    const scale = f(1 / inverse);
    let error = 0;
    for (let i = 0; i < count; i++) {
      const level = levelOf(nearestInt(f(inverse * x[i]!)));
      const difference = f(x[i]! - f(scale * level));
      error = f(error + f(f(weights[i]! * difference) * difference));
    }
    return error;
  };
  let inverse = f(top / high);
  let best = errorOf(inverse, (nearest) => nearest & 255);
  for (let step = -4; step <= 4; step++) {
    if (step === 0) continue;
    const other = f(f(f(f(0.1) * step) + top) / high);
    const error = errorOf(other, (nearest) => Math.min(top, nearest));
    if (error < best) [best, inverse] = [error, other];
  }
  let [sumXL, sumLL] = [0, 0];
  for (let i = 0; i < count; i++) {
    const level = Math.min(top, nearestInt(f(inverse * x[i]!)));
    levels[i] = level;
    sumXL = f(sumXL + f(f(weights[i]! * x[i]!) * level));
    sumLL = f(sumLL + f(f(weights[i]! * level) * level));
  }
  for (let pass = 0; pass < 5; pass++) {
    let changed = false;
    for (let i = 0; i < count; i++) {
      const weighted = f(weights[i]! * x[i]!);
      let otherXL = f(sumXL - f(weighted * levels[i]!));
      let otherLL = f(sumLL - f(f(weights[i]! * levels[i]!) * levels[i]!));
      if (!(otherXL > 0 && otherLL > 0)) continue;
      const level = Math.min(top, nearestInt(f(f(x[i]! * otherLL) / otherXL)));
      if (level === levels[i]) continue;
      otherXL = f(otherXL + f(weighted * level));
      otherLL = f(otherLL + f(f(weights[i]! * level) * level));
      if (f(f(otherXL * otherXL) * sumLL) > f(f(sumXL * sumXL) * otherLL)) {
        levels[i] = level;
        [sumXL, sumLL] = [otherXL, otherLL];
        changed = true;
      }
    }
    if (!changed) break;
  }
  return sumLL > 0 ? f(sumXL / sumLL) : 0;
}
