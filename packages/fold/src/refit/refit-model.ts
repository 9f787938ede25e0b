import type { Layout, UnitBlock } from '@grasp/budget';
import type { DefiniteSolver } from './cholesky.js';
import type { NormalEquations } from './normal-equations.js';

/** Least-squares reconstruction of one sublayer's output matrix (`o_proj`, `down_proj`) from its kept units. */
export interface OutputProblem extends NormalEquations {
  readonly block: UnitBlock;
  /** Name of the matrix in the checkpoint, where its shape is `[m, all inputs]`. */
  readonly tensor: string;
  /** Columns of the kept units, ascending: the `n` inputs. */
  readonly columns: Uint32Array;
  /** Values of these columns, float32 `[n, m]`. */
  readonly weights: Float32Array;
  /** `Σ_t |r_t|²`. */
  readonly squares: number;
}

/** What a model does on its walk from the bottom layer to the top. */
export interface RefitWalk {
  /**
   * Error compensation, in [0, 1]: the share of the gap between the dense model's residual stream and the pruned one
   * that each sublayer's target includes. It compensates the errors of the layers below.
   */
  readonly compensation: number;
  /** For how many of the first batches the walk also yields the teacher's targets. */
  readonly teacherBatches: number;
  /** Solves one problem. @returns the new columns, `[n, m]`. */
  solve(problem: OutputProblem): Float32Array;
}

/** One step of the walk. */
export type RefitStep =
  | {
      readonly kind: 'sublayer';
      readonly block: UnitBlock;
    }
  | {
      /** What the dense model predicts for a batch, read off as its stream reaches the top; only with compensation. */
      readonly kind: 'teacher';
      /** Index of the batch. */
      readonly batch: number;
      /** The teacher's targets for it, see the model. */
      readonly targets: Float32Array;
    };

/** A model whose output matrices can be fitted again. */
export interface RefitModel<Batch> {
  readonly layout: Layout;
  /** Solves the normal equations, if the backend has a faster solver than ours. */
  readonly solveDefinite?: DefiniteSolver | undefined;
  /**
   * Walks the sublayers from the bottom up and asks `solve` for the output matrix of each. The inputs of a problem are
   * those of the stream that comes through the pruned, refitted layers below. Its target is the output of the whole
   * sublayer on that stream, plus the compensation.
   *
   * The model keeps the new matrices once the walk has ended, all of them at once. A walk that is left early or fails
   * changes nothing.
   */
  refit(
    batches: readonly Batch[],
    mask: Uint8Array,
    walk: RefitWalk,
  ): AsyncGenerator<RefitStep, void, undefined>;
}
