import { DecoderInputError } from './errors.js';
import type { TeacherTargets } from './math/head/teacher-targets.js';
import type { DecoderConfig } from './spec/config.js';

/** Rows of token ids: `ids` is `[rows, length]`, row-major. */
export interface TokenBatch {
  readonly ids: Int32Array;
  readonly shape: readonly [rows: number, length: number];
  /** `[rows, length]`: 1 for each token whose prediction counts in the loss of gradients, 0 for the others. Default: all. */
  readonly lossMask?: Uint8Array;
  /** Targets of a distillation. They enter the loss whose gradients are asked for. */
  readonly teacher?: TeacherTargets;
}

/** The tokens that the model reads and those that it should predict: `[rows, length − 1]` each. */
export function splitTargets({ ids, shape: [rows, length] }: TokenBatch): {
  inputs: Int32Array;
  targets: Int32Array;
  tokens: number;
} {
  const tokens = length - 1;
  const inputs = new Int32Array(rows * tokens);
  const targets = new Int32Array(rows * tokens);
  for (let r = 0; r < rows; r++) {
    inputs.set(ids.subarray(r * length, r * length + tokens), r * tokens);
    targets.set(ids.subarray(r * length + 1, (r + 1) * length), r * tokens);
  }
  return { inputs, targets, tokens };
}

/** The weight of each target in the mean loss, `[rows · (length − 1)]`, if a batch has a loss mask. */
export function targetWeights({ lossMask, shape: [rows, length] }: TokenBatch): Float32Array | undefined {
  if (!lossMask) return undefined;
  const counted = lossMask.filter((_, i) => i % length > 0);
  const total = counted.reduce((sum, one) => sum + one, 0);
  if (total === 0) {
    throw new DecoderInputError(`Token batch: the loss mask of its ${rows} rows counts no target.`);
  }
  return Float32Array.from(counted, (one) => one / total);
}

/** The mean of the losses of all targets of a batch, or of those that its loss mask counts. */
export function meanOverTargets(batch: TokenBatch, losses: Float32Array): number {
  const weights = targetWeights(batch);
  if (!weights) return losses.reduce((sum, x) => sum + x, 0) / losses.length;
  return losses.reduce((sum, x, i) => sum + x * weights[i]!, 0);
}

/** @throws DecoderInputError if ids, shape and model do not fit together. */
export function checkBatch(
  config: DecoderConfig,
  { ids, shape: [rows, length], teacher, lossMask }: TokenBatch,
  minimum: number,
): void {
  if (ids.length !== rows * length || rows < 1) {
    throw new DecoderInputError(`Token batch: shape [${rows}, ${length}] does not hold ${ids.length} ids.`);
  }
  if (length < minimum) {
    throw new DecoderInputError(
      `Token batch: rows of ${length} tokens are too short; at least ${minimum} are needed.`,
    );
  }
  if (length - (minimum - 1) > config.contextLength) {
    throw new DecoderInputError(
      `Token batch: rows of ${length} tokens exceed the model's context of ${config.contextLength}. Use shorter blocks.`,
    );
  }
  if (lossMask && lossMask.length !== ids.length) {
    throw new DecoderInputError(
      `Token batch: the loss mask has ${lossMask.length} entries for ${ids.length} ids.`,
    );
  }
  if (teacher) checkTeacher(teacher, rows, rows * (length - 1) * config.hiddenSize);
  const bad = ids.find((id) => id < 0 || id >= config.vocabSize);
  if (bad !== undefined) {
    throw new DecoderInputError(
      `Token batch: id ${bad} is outside the vocabulary of ${config.vocabSize}. Is this the model's own tokenizer?`,
    );
  }
}

function checkTeacher({ expectedRows, weights }: TeacherTargets, rows: number, size: number): void {
  const inRange = weights.every((weight) => weight >= 0 && weight <= 1);
  if (expectedRows.length === size && weights.length === rows && inRange) return;
  throw new DecoderInputError(
    `Token batch: the teacher's targets have ${expectedRows.length} entries and weights of ${weights.join(', ')}; ` +
      `expected ${size} entries and ${rows} weights from 0 to 1.`,
  );
}
