import { FoldError } from '../errors.js';
import { type DefiniteSolver, solveByCholesky } from './cholesky.js';

/** Normal equations of a least-squares problem with `n` inputs and `m` outputs: sums over tokens `t`, row-major. */
export interface NormalEquations {
  readonly inputs: number;
  readonly outputs: number;
  /** `Σ_t h_t h_tᵀ`, `[n, n]`. */
  readonly gram: ArrayLike<number>;
  /** `Σ_t h_t r_tᵀ`, `[n, m]`, where `r_t` is the target output. */
  readonly cross: ArrayLike<number>;
}

export interface AnchoredSolution {
  /** `W`, `[n, m]`. */
  readonly weights: Float64Array;
  /** `Σ_t |r_t − Wᵀ h_t|² − Σ_t |r_t|²`. The second term does not depend on `W`. */
  readonly error: number;
}

/**
 * Solves ridge regression with an anchor `W₀`, in float64:
 * `argmin_W Σ_t |r_t − Wᵀ h_t|² + λ |W − W₀|² = (G + λI)⁻¹ (C + λ W₀)`.
 *
 * Weights that the data does not determine stay at the anchor.
 *
 * @param anchor `W₀`, `[n, m]`.
 * @param damping `λ` as a multiple of the mean of the Gram diagonal.
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
  if (!(damping >= 0))
    throw new FoldError(`The damping must be a number of at least 0; received ${damping}.`);
  let trace = 0;
  for (let i = 0; i < n; i++) trace += gram[i * n + i]!;
  if (trace === 0) return { weights: Float64Array.from(anchor), error: 0 }; // no token has any input
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
