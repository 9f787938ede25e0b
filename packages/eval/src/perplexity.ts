import { rows, type TokenBatch } from '@grasp/calib-data';
import { roundToBfloat16 } from './bfloat16.js';
import { NonFiniteError, WindowTooLongError } from './errors.js';
import type { LanguageModel } from './language-model.js';

/** State of a perplexity run after one more window; the last one holds the result. */
export interface PerplexityRecord {
  /** From 0. */
  readonly window: number;
  readonly windows: number;
  /** Mean negative log-likelihood of this window's targets, nats. */
  readonly nll: number;
  /** Targets scored so far. */
  readonly tokens: number;
  /** exp of the mean negative log-likelihood so far. */
  readonly perplexity: number;
  /** The same with every target's loss and their mean rounded to bfloat16, as the paper's evaluator keeps them. */
  readonly perplexityBfloat16: number;
}

/**
 * Perplexity by the paper's protocol (GRASPrune, arXiv 2604.19398): each window is scored alone, its first token is
 * only context, and the result is exp of the mean negative log-likelihood over all targets, summed in float64.
 *
 * @param windows ids `[windows, length]`, see `evaluationWindows` of `@grasp/calib-data`.
 * @param options.batch windows given to the model at once. Default 1.
 * @throws NonFiniteError naming the window; WindowTooLongError.
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

  let total = 0;
  let totalRounded = 0;
  for (let first = 0; first < count; first += batch) {
    const indices = Array.from({ length: Math.min(batch, count - first) }, (_, i) => first + i);
    const losses = await model.negLogLikelihood(rows(windows, indices)); // [batch, targets]
    for (const [i, window] of indices.entries()) {
      let sum = 0;
      for (const loss of losses.subarray(i * targets, (i + 1) * targets)) {
        if (!Number.isFinite(loss)) throw new NonFiniteError(`window ${window}`, -loss);
        sum += loss;
        totalRounded += roundToBfloat16(loss);
      }
      total += sum;
      const tokens = (window + 1) * targets;
      yield {
        window,
        windows: count,
        nll: sum / targets,
        tokens,
        perplexity: Math.exp(total / tokens),
        perplexityBfloat16: Math.exp(roundToBfloat16(totalRounded / tokens)),
      };
    }
  }
}

/** The last item of a run: its result. @throws RangeError if there was none. */
export async function lastOf<T>(run: AsyncIterable<T>): Promise<T> {
  let last: { item: T } | undefined;
  for await (const item of run) last = { item };
  if (last === undefined) throw new RangeError('the run yielded nothing');
  return last.item;
}
