import type { TokenBatch } from '@grasp/calib-data';

/** A context and its possible continuations. */
export interface ContinuationGroup {
  /** At least one token id. */
  readonly context: Int32Array;
  /** At least one token id each. */
  readonly continuations: readonly Int32Array[];
}

/** A model that can be evaluated: it gives the likelihood of each token after the tokens before it. */
export interface LanguageModel {
  /** Maximum sequence length, in tokens. A scored row may have one token more, because its last token is only a target. */
  readonly contextLength: number;

  /**
   * Returns the negative log-likelihood of each token after the tokens before it in its row, in nats.
   *
   * @param batch ids `[rows, length]`, `2 ≤ length ≤ contextLength + 1`. Rows may be padded on the
   *   right; padding does not change the values of the tokens before it.
   * @returns `[rows, length − 1]`, row-major; entry `t` of a row belongs to its token `t + 1`.
   */
  negLogLikelihood(batch: TokenBatch): Promise<Float32Array>;

  /**
   * Optional: scores several continuations of one context, and reads the context once. If a model does not have this
   * method, `negLogLikelihood` scores each context with each continuation.
   *
   * `context + continuation` never exceeds `contextLength + 1` tokens.
   *
   * @returns for each group, one sum of log-likelihoods per continuation.
   */
  scoreContinuations?(groups: readonly ContinuationGroup[]): Promise<readonly Float64Array[]>;
}
