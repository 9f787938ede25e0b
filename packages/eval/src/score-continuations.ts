import type { TokenBatch } from '@grasp/calib-data';
import type { ContinuationGroup, LanguageModel } from './language-model.js';

/**
 * Log-likelihood of every continuation after its context: the model's own way if it has one, else a row for each,
 * padded on the right.
 *
 * @returns for each group, for each continuation, the sum of its tokens' log-likelihoods.
 */
export function scoreContinuations(
  model: LanguageModel,
  groups: readonly ContinuationGroup[],
): Promise<readonly Float64Array[]> {
  return model.scoreContinuations?.(groups) ?? scoreRows(model, groups);
}

async function scoreRows(
  model: LanguageModel,
  groups: readonly ContinuationGroup[],
): Promise<Float64Array[]> {
  const losses = await model.negLogLikelihood(paddedRows(groups)); // [rows, length - 1]
  const width = losses.length / groups.reduce((rows, group) => rows + group.continuations.length, 0);
  let row = 0;
  return groups.map(({ context, continuations }) =>
    Float64Array.from(continuations, (continuation) => {
      const start = row++ * width + context.length - 1;
      let sum = 0;
      for (const loss of losses.subarray(start, start + continuation.length)) sum -= loss;
      return sum;
    }),
  );
}

/** A row `context + continuation` for every continuation of every group. */
function paddedRows(groups: readonly ContinuationGroup[]): TokenBatch {
  const all = groups.flatMap(({ context, continuations }) =>
    continuations.map((continuation) => [context, continuation] as const),
  );
  const length = Math.max(...all.map(([context, continuation]) => context.length + continuation.length));
  const ids = new Int32Array(all.length * length);
  for (const [row, [context, continuation]] of all.entries()) {
    ids.set(context, row * length);
    ids.set(continuation, row * length + context.length);
  }
  return { ids, shape: [all.length, length] };
}
