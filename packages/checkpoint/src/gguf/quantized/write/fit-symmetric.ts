import { clamp, nearestInt } from './nearest-int.js';

const f = Math.fround;

/** Largest magnitudes below this count as zero. */
export const ZERO = f(1e-15);

/**
 * Finds a scale and levels from `−half` to `half − 1` so that `scale · level` is close to `x`, in weighted squares: levels
 * for 19 scales around the one that maps the extreme to `−half`, each with its best scale.
 *
 * Sums and products are rounded to float32 in the order of ggml's `make_qx_quants` (`rmse_type` 1).
 *
 * @param x `count` numbers from `from` on
 * @param weights `count` numbers; by default, each number's square
 * @param levels receives `level + half`, from `from` on; 0 if all numbers are 0
 * @returns the scale
 */
export function fitSymmetric(
  x: Float32Array,
  from: number,
  count: number,
  half: number,
  weights: Float32Array | undefined,
  levels: Uint8Array,
): number {
  let extreme = 0;
  for (let i = 0; i < count; i++) {
    const value = x[from + i]!;
    if (Math.abs(value) > Math.abs(extreme)) extreme = value;
  }
  if (Math.abs(extreme) < ZERO) {
    levels.fill(0, from, from + count);
    return 0;
  }
  let [scale, best] = [0, 0];
  const attempt = (inverse: number, first: boolean) => {
    let [sumXL, sumLL] = [0, 0];
    for (let i = 0; i < count; i++) {
      const value = x[from + i]!;
      const level = clamp(nearestInt(f(inverse * value)), -half, half - 1);
      const weight = weights === undefined ? f(value * value) : weights[i]!;
      sumXL = f(sumXL + f(f(weight * value) * level));
      sumLL = f(sumLL + f(f(weight * level) * level));
    }
    if (!first && !(sumLL > 0 && f(sumXL * sumXL) > f(best * sumLL))) return;
    for (let i = 0; i < count; i++) {
      levels[from + i] = half + clamp(nearestInt(f(inverse * x[from + i]!)), -half, half - 1);
    }
    scale = sumLL === 0 ? 0 : f(sumXL / sumLL);
    best = f(scale * sumXL);
  };
  attempt(f(-half / extreme), true);
  for (let step = -9; step <= 9; step++) {
    if (step !== 0) attempt(f(-f(half + f(f(0.1) * step)) / extreme), false);
  }
  return scale;
}
