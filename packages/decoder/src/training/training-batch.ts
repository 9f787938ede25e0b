import { DecoderInputError } from '../errors.js';
import type { TeacherLogits } from '../math/head/distillation.js';
import type { DecoderConfig } from '../spec/config.js';
import { checkBatch, type TokenBatch } from '../token-batch.js';

/** Rows of token ids to train on. */
export interface TrainingBatch extends Omit<TokenBatch, 'teacher' | 'lossMask'> {
  /** 1 for each target that counts in the loss, 0 for the others: `[rows · (length − 1)]`. Default: all count. */
  readonly counted?: Uint8Array;
  /** What a teacher predicts for each target, and its share of the loss in [0, 1]. Default: next tokens only. */
  readonly distil?: { readonly teacher: TeacherLogits; readonly share: number };
}

/** @throws DecoderInputError if the parts of a batch do not fit together or do not fit the model. */
export function checkTrainingBatch(config: DecoderConfig, batch: TrainingBatch): void {
  const { counted, distil, ...tokens } = batch;
  checkBatch(config, tokens, 2);
  const [rows, length] = batch.shape;
  const N = rows * (length - 1);
  if (counted && counted.length !== N) {
    throw new DecoderInputError(
      `Training batch: "counted" has ${counted.length} entries; ${N} targets have ${N}.`,
    );
  }
  if (!distil) return;
  const { teacher, share } = distil;
  if (!(share >= 0 && share <= 1)) {
    throw new DecoderInputError(`Training batch: the teacher's share is ${share}; expected 0 to 1.`);
  }
  const { ids, logProbabilities } = teacher;
  const k = ids.length / N;
  if (!Number.isInteger(k) || k < 1 || logProbabilities.length !== ids.length) {
    throw new DecoderInputError(
      `Training batch: the teacher lists ${ids.length} tokens with ${logProbabilities.length} values; ` +
        `expected the same number of each, and as many for each of ${N} targets.`,
    );
  }
  const bad = ids.find((id) => id < 0 || id >= config.vocabSize);
  if (bad !== undefined) {
    throw new DecoderInputError(
      `Training batch: the teacher lists token ${bad}, outside the vocabulary of ${config.vocabSize}.`,
    );
  }
}

/**
 * The weight of each target in the mean over all batches.
 *
 * @throws DecoderInputError if no target counts.
 */
export function tokenWeights(batches: readonly TrainingBatch[]): Float32Array[] {
  const counts = batches.map(({ counted, shape: [rows, length] }) => {
    return counted ?? new Uint8Array(rows * (length - 1)).fill(1);
  });
  const total = counts.reduce((sum, each) => sum + each.reduce((n, one) => n + one, 0), 0);
  if (total === 0) throw new DecoderInputError('Training batch: none of its targets counts in the loss.');
  return counts.map((each) => Float32Array.from(each, (one) => one / total));
}
