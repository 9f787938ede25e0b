import { FoldError } from '../errors.js';
import { type DefiniteSolver, solveByCholesky } from './cholesky.js';

/**
 * What least squares needs to know of calibration data: `n` inputs of a matrix, `m` outputs, sums over tokens `t`.
 * All row-major.
 */
export interface NormalEquations {
  readonly inputs: number;
  readonly outputs: number;
  /** `Σ_t h_t h_tᵀ`, `[n, n]`. */
  readonly gram: ArrayLike<number>;
  /** `Σ_t h_t r_tᵀ` with `r` the output wanted, `[n, m]`. */
  readonly cross: ArrayLike<number>;
}

export interface AnchoredSolution {
  /** `W`, `[n, m]`. */
  readonly weights: Float64Array;
  /** `Σ_t |r_t − Wᵀ h_t|²`, less `Σ_t |r_t|²`, which no `W` changes. */
  readonly error: number;
}

/**
 * Ridge regression anchored at the weights there are:
 * `argmin_W Σ_t |r_t − Wᵀ h_t|² + λ |W − W₀|² = (G + λI)⁻¹ (C + λ W₀)`, in float64.
 *
 * Damping towards the old weights, not towards zero: what the data does not determine stays as it was trained.
 *
 * @param anchor `W₀`, `[n, m]`.
 * @param damping λ as a multiple of the mean of the Gram matrix' diagonal.
 * @throws {FoldError} if sizes disagree, the damping is negative, or the equations are singular.
 */
export function solveAnchored(
  { inputs: n, outputs: m, gram, cross }: NormalEquations,
  anchor: ArrayLike<number>,
  damping: number,
  solveDefinite: DefiniteSolver = solveByCholesky,
): AnchoredSolution {
  if (gram.length !== n * n || cross.length !== n * m || anchor.length !== n * m) {
    throw new FoldError(
      `Normal equations of ${n} inputs and ${m} outputs: received ${gram.length}, ${cross.length} and ${anchor.length} entries.`,
    );
  }
  if (!(damping >= 0)) throw new FoldError(`The damping must be a number from 0 on; received ${damping}.`);
  let trace = 0;
  for (let i = 0; i < n; i++) trace += gram[i * n + i]!;
  const lambda = (damping * trace) / Math.max(1, n);
  const a = Float64Array.from(gram);
  for (let i = 0; i < n; i++) a[i * n + i]! += lambda;
  const right = new Float64Array(n * m);
  for (let i = 0; i < n * m; i++) right[i] = cross[i]! + lambda * anchor[i]!;
  const solution = solveDefinite(a, right, n);
  if (!solution) {
    throw new FoldError('The normal equations are not positive definite. Use more damping or more text.');
  }
  // G W = C + λ (W₀ − W), so the error needs no product with G.
  let error = 0;
  for (let i = 0; i < n * m; i++) error += solution[i]! * (lambda * (anchor[i]! - solution[i]!) - cross[i]!);
  return { weights: solution, error };
}
