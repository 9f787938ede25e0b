import type { TokenBatch } from '@grasp/calib-data';

/** One context and the endings that may follow it. */
export interface ContinuationGroup {
  /** At least one token id. */
  readonly context: Int32Array;
  /** Each at least one token id. */
  readonly continuations: readonly Int32Array[];
}

/** What evaluation asks of a model: how likely is this token, given those before it. */
export interface LanguageModel {
  /** Most tokens the model reads at once. A scored row may hold one more: its last token is only a target. */
  readonly contextLength: number;

  /**
   * Negative log-likelihood, in nats and float32, of each token given the tokens before it in its row.
   *
   * @param batch ids `[rows, length]`, `2 ≤ length ≤ contextLength + 1`. Rows may be padded on the right: a causal
   *   model's values for the real tokens do not depend on what follows.
   * @returns `[rows, length − 1]`, row-major; entry `t` of a row is that of its token `t + 1`.
   */
  negLogLikelihood(batch: TokenBatch): Promise<Float32Array>;

  /**
   * Optional faster way to score several endings of one context, which is computed once for all of them: in a row with
   * its endings, or from its keys and values. Without it, `negLogLikelihood` scores every context with every ending.
   *
   * Groups come sorted by their ids in all, a batch at a time; `context + continuation` never exceeds
   * `contextLength + 1`.
   *
   * @returns for each group, for each continuation, the sum of its tokens' log-likelihoods.
   */
  scoreContinuations?(groups: readonly ContinuationGroup[]): Promise<readonly Float64Array[]>;
}
