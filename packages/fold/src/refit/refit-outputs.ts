import { assertUnits, blockName, type UnitBlock } from '@grasp/budget';
import { FoldError } from '../errors.js';
import type { DefiniteSolver } from './cholesky.js';
import { type AnchoredSolution, type NormalEquations, solveAnchored } from './normal-equations.js';
import type { RefitModel } from './refit-model.js';
import type { ReplacedColumns } from './replace-columns.js';

export interface RefitOptions {
  /** Pull towards the old weights, as a multiple of the mean square of an input. Default 1e-3. */
  readonly damping?: number;
  /** Share of the gap to the dense model's stream that each sublayer is to make up for, in [0, 1]. Default 0.3. */
  readonly recover?: number;
}

/** One sublayer done. */
export interface RefitRecord {
  readonly block: UnitBlock;
  /** Sublayers done, and of how many. */
  readonly done: number;
  readonly total: number;
  /** Share of the output's squares that the kept units miss with their new weights. */
  readonly missed: number;
}

export const DEFAULT_DAMPING = 1e-3;
export const DEFAULT_RECOVERY = 0.3;

/**
 * Fits the output matrix of every sublayer anew, from the bottom up, so that the kept units make up for the removed
 * ones: least squares against the whole sublayer's output on the stream that reaches it, plus a share of what that
 * stream is short of the dense model's, damped towards the old weights (GRAIL, Týr and others; see docs/ladder.md).
 * Nothing is added to the model.
 *
 * Yields one record a sublayer; the model keeps the new matrices.
 *
 * @returns the new columns, for `changes.columns` of `foldCheckpoint`.
 * @throws {FoldError} naming the sublayer whose equations are singular or whose solution is not finite.
 */
export async function* refitOutputs<Batch>(
  model: RefitModel<Batch>,
  batches: readonly Batch[],
  mask: Uint8Array,
  { damping = DEFAULT_DAMPING, recover = DEFAULT_RECOVERY }: RefitOptions = {},
): AsyncGenerator<RefitRecord, ReplacedColumns[], undefined> {
  assertUnits(model.layout, mask, 'mask');
  if (!(recover >= 0 && recover <= 1))
    throw new FoldError(`The share to recover must be between 0 and 1; received ${recover}.`);
  const problems = model.outputProblems(batches, mask, recover);
  const replaced: ReplacedColumns[] = [];
  const total = model.layout.blocks.length;
  try {
    for (let next = await problems.next(new Float32Array(0)); !next.done; ) {
      const { block, tensor, columns, weights, squares, ...equations } = next.value;
      const solution = solve(block, equations, weights, damping, model.solveDefinite);
      const fitted = Float32Array.from(solution.weights);
      if (!fitted.every(Number.isFinite)) {
        throw new FoldError(
          `Refit of ${blockName(block)}: a weight is not finite. Use more damping or more text.`,
        );
      }
      replaced.push({ tensor, columns, weights: fitted });
      // Rounding of the sums can take what is nothing below 0.
      const missed = squares > 0 ? Math.max(0, squares + solution.error) / squares : 0;
      yield { block, done: replaced.length, total, missed };
      next = await problems.next(fitted);
    }
    return replaced;
  } finally {
    await problems.return();
  }
}

function solve(
  block: UnitBlock,
  equations: NormalEquations,
  weights: ArrayLike<number>,
  damping: number,
  solveDefinite: DefiniteSolver | undefined,
): AnchoredSolution {
  try {
    return solveAnchored(equations, weights, damping, solveDefinite);
  } catch (error) {
    if (!(error instanceof FoldError)) throw error;
    throw new FoldError(`Refit of ${blockName(block)}: ${error.message}`, { cause: error });
  }
}
