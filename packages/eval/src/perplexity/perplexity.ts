import { rows, type TokenBatch } from '@grasp/calib-data';
import { NonFiniteError, WindowTooLongError } from '../errors.js';
import { checkedLosses } from '../model/checked-model.js';
import type { LanguageModel } from '../model/language-model.js';
import { roundToBfloat16 } from './bfloat16.js';

/** The result after each window. The last record is the result of the run. */
export interface PerplexityRecord {
  /** Index of the window, from 0. */
  readonly window: number;
  readonly windows: number;
  /** Mean negative log-likelihood of the targets of this window, in nats; NaN if a loss mask counts none of them. */
  readonly nll: number;
  /** Targets scored so far. */
  readonly tokens: number;
  /** exp(mean negative log-likelihood) of all targets so far. */
  readonly perplexity: number;
  /** The same, with each loss and the mean rounded to bfloat16, as in the code of the paper. */
  readonly perplexityBfloat16: number;
}

/**
 * Computes perplexity by the protocol of GRASPrune (arXiv 2604.19398). Each window is scored on its own, and its first
 * token is context only. If the windows have a loss mask, only the targets that it counts are scored. The result is
 * exp(mean negative log-likelihood) over all targets, summed in float64.
 *
 * @param windows ids `[windows, length]`, from `evaluationWindows` of `@grasp/calib-data`.
 * @param options.batch number of windows per call of the model. Default 1.
 * @throws NonFiniteError naming the window, WindowTooLongError, ModelOutputError; RangeError if a loss mask counts no target.
 */
export async function* perplexity(
  model: LanguageModel,
  windows: TokenBatch,
  options: { readonly batch?: number } = {},
): AsyncGenerator<PerplexityRecord> {
  const [count, length] = windows.shape;
  const batch = options.batch ?? 1;
  const targets = length - 1;
  if (!Number.isInteger(batch) || batch < 1)
    throw new RangeError(`batch is ${batch}; expected a positive integer`);
  if (targets < 1)
    throw new RangeError(`windows of ${length} token have nothing to predict; expected 2 or more`);
  if (length > model.contextLength) throw new WindowTooLongError(length, model.contextLength);
  if (windows.lossMask && !windows.lossMask.some((counts, at) => counts !== 0 && at % length > 0))
    throw new RangeError(`the loss mask of ${count} windows counts no target`);

  let total = 0;
  let totalRounded = 0;
  let tokens = 0;
  for (let first = 0; first < count; first += batch) {
    const indices = Array.from({ length: Math.min(batch, count - first) }, (_, i) => first + i);
    const losses = await checkedLosses(model, rows(windows, indices)); // [batch, targets]
    for (const [i, window] of indices.entries()) {
      let sum = 0;
      let scored = 0;
      for (const [at, loss] of losses.subarray(i * targets, (i + 1) * targets).entries()) {
        if (!Number.isFinite(loss)) throw new NonFiniteError(`window ${window}`, -loss);
        if (windows.lossMask?.[window * length + at + 1] === 0) continue;
        sum += loss;
        scored += 1;
        totalRounded += roundToBfloat16(loss);
      }
      total += sum;
      tokens += scored;
      yield {
        window,
        windows: count,
        nll: sum / scored,
        tokens,
        perplexity: Math.exp(total / tokens),
        perplexityBfloat16: Math.exp(roundToBfloat16(totalRounded / tokens)),
      };
    }
  }
}

/** Returns the last item of a run, which is its result. @throws RangeError if there is none. */
export async function lastOf<T>(run: AsyncIterable<T>): Promise<T> {
  let last: { item: T } | undefined;
  for await (const item of run) last = { item };
  if (last === undefined) throw new RangeError('the run yielded nothing');
  return last.item;
}
