import { assertUnits, blockName, type UnitBlock } from '@grasp/budget';
import { FoldError } from '../errors.js';
import type { DefiniteSolver } from './cholesky.js';
import { type AnchoredSolution, solveAnchored } from './normal-equations.js';
import type { OutputProblem, RefitModel, RefitStep } from './refit-model.js';
import type { ReplacedColumns } from './replace-columns.js';

export interface RefitOptions {
  /** Pull towards the old weights, as a multiple of the mean square of an input. Default 1e-3. */
  readonly damping?: number;
  /** Error compensation, in [0, 1]: share of the gap to the dense model's residual stream. Default 0.3. */
  readonly compensation?: number;
  /** For how many of the first batches the teacher's targets are yielded. Default 0. */
  readonly teacherBatches?: number;
}

/** One sublayer is done, or the teacher's targets for one batch are known. */
export type RefitRecord =
  | {
      readonly kind: 'sublayer';
      readonly block: UnitBlock;
      /** Number of sublayers done, and of all. */
      readonly done: number;
      readonly total: number;
      /** Share of the target's squares that the kept units miss with their new weights. */
      readonly missed: number;
    }
  | Extract<RefitStep, { kind: 'teacher' }>;

export const DEFAULT_DAMPING = 1e-3;
export const DEFAULT_COMPENSATION = 0.3;

/**
 * Fits the output matrix of every sublayer again, from the bottom up, so that the kept units replace the removed ones:
 * least-squares reconstruction of the whole sublayer's output on the stream that reaches it, with error compensation,
 * damped towards the old weights (GRAIL, Týr and others; see docs/ladder.md). Nothing is added to the model.
 *
 * Yields one record per sublayer. When the last one is done, the model takes over the new matrices.
 *
 * @returns the new columns, for `changes.columns` of `foldCheckpoint`.
 * @throws {FoldError} naming the sublayer if its equations are singular or its solution is not finite.
 */
export async function* refitOutputs<Batch>(
  model: RefitModel<Batch>,
  batches: readonly Batch[],
  mask: Uint8Array,
  options: RefitOptions = {},
): AsyncGenerator<RefitRecord, ReplacedColumns[], undefined> {
  const { damping = DEFAULT_DAMPING, compensation = DEFAULT_COMPENSATION, teacherBatches = 0 } = options;
  assertUnits(model.layout, mask, 'mask');
  if (!(compensation >= 0 && compensation <= 1))
    throw new FoldError(`The compensation must be between 0 and 1; received ${compensation}.`);
  const replaced: ReplacedColumns[] = [];
  let missed = 0;
  const solve = (problem: OutputProblem) => {
    const { block, tensor, columns, squares } = problem;
    const solution = solveProblem(problem, damping, model.solveDefinite);
    const weights = Float32Array.from(solution.weights);
    if (!weights.every(Number.isFinite)) {
      throw new FoldError(
        `Refit of ${blockName(block)}: a weight is not finite. Use more damping or more text.`,
      );
    }
    replaced.push({ tensor, columns, weights });
    // The sums are rounded, so an error near 0 may come out negative.
    missed = squares > 0 ? Math.max(0, squares + solution.error) / squares : 0;
    return weights;
  };
  const total = model.layout.blocks.length;
  for await (const step of model.refit(batches, mask, { compensation, teacherBatches, solve })) {
    yield step.kind === 'teacher' ? step : { ...step, done: replaced.length, total, missed };
  }
  return replaced;
}

function solveProblem(
  { block, weights, ...equations }: OutputProblem,
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
