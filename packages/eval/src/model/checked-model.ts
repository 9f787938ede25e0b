import type { TokenBatch } from '@grasp/calib-data';
import { ModelOutputError } from '../errors.js';
import type { ContinuationGroup, LanguageModel } from './language-model.js';

/**
 * Asks a model for the losses of a batch.
 *
 * @returns `[rows, length − 1]`
 * @throws {ModelOutputError} if the model returns another number of losses
 */
export async function checkedLosses(model: LanguageModel, batch: TokenBatch): Promise<Float32Array> {
  const [rows, length] = batch.shape;
  const losses = await model.negLogLikelihood(batch);
  if (losses.length !== rows * (length - 1)) {
    throw new ModelOutputError(
      'negLogLikelihood',
      `${losses.length} losses`,
      `${rows * (length - 1)}, ${length - 1} for each of ${rows} rows of ${length} tokens`,
    );
  }
  return losses;
}

/**
 * Checks the scores that a model returns for groups of continuations.
 *
 * @throws {ModelOutputError} if there is not one score for each continuation of each group
 */
export function checkScores(groups: readonly ContinuationGroup[], scores: readonly Float64Array[]): void {
  if (scores.length !== groups.length) {
    throw new ModelOutputError('scoreContinuations', `${scores.length} groups`, `${groups.length}`);
  }
  groups.forEach(({ continuations }, group) => {
    const found = scores[group]!.length;
    if (found !== continuations.length) {
      throw new ModelOutputError(
        'scoreContinuations',
        `${found} scores for group ${group}`,
        `${continuations.length}, one for each continuation`,
      );
    }
  });
}
