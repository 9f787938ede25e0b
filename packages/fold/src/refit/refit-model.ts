import type { Layout, UnitBlock } from '@grasp/budget';
import type { DefiniteSolver } from './cholesky.js';
import type { NormalEquations } from './normal-equations.js';

/** The output matrix of one sublayer (`o_proj`, `down_proj`), the part of it that kept units feed, to be fitted anew. */
export interface OutputProblem extends NormalEquations {
  readonly block: UnitBlock;
  /** The matrix' name in the checkpoint, where it is `[m, all inputs]`. */
  readonly tensor: string;
  /** Its columns that belong to kept units, ascending: the `n` inputs. */
  readonly columns: Uint32Array;
  /** Their values, `[n, m]`. */
  readonly weights: Float32Array;
  /** `Σ_t |r_t|²`. */
  readonly squares: number;
}

/** What refitting asks of a model. */
export interface RefitModel<Batch> {
  readonly layout: Layout;
  /** A faster one than this package's own, where there is one. */
  readonly solveDefinite?: DefiniteSolver | undefined;
  /**
   * Walks the sublayers from the bottom up. Inputs are those of the stream as it comes through the layers below,
   * pruned and refitted; the output wanted is what the whole sublayer makes of that stream, and a share of what the
   * stream is short of the dense model's. The answer to a problem, new weights `[n, m]`, is passed to `next` and serves
   * from then on.
   *
   * @param recover that share, 0 for none.
   */
  outputProblems(
    batches: readonly Batch[],
    mask: Uint8Array,
    recover: number,
  ): AsyncGenerator<OutputProblem, void, Float32Array>;
}
