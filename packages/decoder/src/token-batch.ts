import type { DecoderConfig } from './spec/config.js';
import { DecoderInputError } from './errors.js';
import type { ExpectedRows } from './recovery/teacher-targets.js';

/** Rows of token ids: `ids` is `[rows, length]`, row-major. */
export interface TokenBatch {
  readonly ids: Int32Array;
  readonly shape: readonly [rows: number, length: number];
  /** Makes the loss, where gradients are asked for, one against another model's predictions too. */
  readonly expected?: ExpectedRows;
}

/** What the model reads and what it should say: `[rows, length − 1]` each. */
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

/** @throws DecoderInputError where ids, shape and model do not fit together. */
export function checkBatch(
  config: DecoderConfig,
  { ids, shape: [rows, length], expected }: TokenBatch,
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
  if (expected) checkExpected(expected, rows, rows * (length - 1) * config.hiddenSize);
  const bad = ids.find((id) => id < 0 || id >= config.vocabSize);
  if (bad !== undefined) {
    throw new DecoderInputError(
      `Token batch: id ${bad} is outside the vocabulary of ${config.vocabSize}. Is this the model's own tokenizer?`,
    );
  }
}

function checkExpected({ rows: entries, shares }: ExpectedRows, rows: number, size: number): void {
  const inRange = shares.every((share) => share >= 0 && share <= 1);
  if (entries.length === size && shares.length === rows && inRange) return;
  throw new DecoderInputError(
    `Token batch: expected rows have ${entries.length} entries and shares of ${shares.join(', ')}; ` +
      `${size} entries and ${rows} shares from 0 to 1 are needed.`,
  );
}
