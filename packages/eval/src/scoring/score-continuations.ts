import type { TokenBatch } from '@grasp/calib-data';
import { checkedLosses, checkScores } from '../model/checked-model.js';
import type { ContinuationGroup, LanguageModel } from '../model/language-model.js';

/**
 * Computes the log-likelihood of each continuation after its context. Uses `scoreContinuations` of the model if it has
 * this method; otherwise scores one right-padded row per continuation.
 *
 * @returns for each group, one sum of log-likelihoods per continuation.
 * @throws ModelOutputError if the model returns a result of the wrong shape.
 */
export async function scoreContinuations(
  model: LanguageModel,
  groups: readonly ContinuationGroup[],
): Promise<readonly Float64Array[]> {
  if (!model.scoreContinuations) return scoreRows(model, groups);
  const scores = await model.scoreContinuations(groups);
  checkScores(groups, scores);
  return scores;
}

async function scoreRows(
  model: LanguageModel,
  groups: readonly ContinuationGroup[],
): Promise<Float64Array[]> {
  const batch = paddedRows(groups);
  const losses = await checkedLosses(model, batch); // [rows, width]
  const width = batch.shape[1] - 1;
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

/** One row `context + continuation` per continuation of each group. */
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
