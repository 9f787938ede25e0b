import * as tf from '@tensorflow/tfjs-core';
import { NonFiniteActivationError } from '../errors.js';
import { readTensor } from '../runtime/read-tensor.js';
import type { Generation } from './generation.js';

export interface GenerateOptions {
  readonly maxTokens: number;
  /** Token ids that end the text; they are not yielded. */
  readonly stop?: readonly number[];
  /** Picks the next token from its logits, float32 `[V]`. Default: the likeliest one. */
  readonly choose?: (logits: Float32Array) => number;
}

/** The likeliest next tokens, in falling order. */
export interface LikelyTokens {
  readonly logits: Float32Array;
  readonly ids: Int32Array;
}

export interface GenerateRowsOptions {
  /** How many of the likeliest tokens `choose` receives. */
  readonly top: number;
  /** Picks the next token of a row: one of the likely ones, or any other. */
  readonly choose: (row: number, likely: LikelyTokens) => number;
}

/**
 * Continues one row token by token. Disposes of the generation.
 *
 * @throws NonFiniteActivationError if the model gives no finite logits
 */
export async function* generateTokens(
  generation: Generation,
  { maxTokens, stop, choose = likeliest }: GenerateOptions,
): AsyncGenerator<number, void> {
  try {
    for (let n = 0; n < maxTokens && generation.fits; n++) {
      const logits = await readTensor(generation.nextLogits());
      checkLogits(logits, generation);
      const next = choose(logits);
      if (stop?.includes(next)) return;
      yield next;
      generation.append(Int32Array.of(next));
    }
  } finally {
    generation.dispose();
  }
}

/**
 * Continues all rows by one token per step. Disposes of the generation.
 *
 * @throws NonFiniteActivationError if the model gives no finite logits
 */
export async function* generateRows(
  generation: Generation,
  count: number,
  choose: GenerateRowsOptions['choose'],
): AsyncGenerator<Int32Array, void> {
  try {
    while (generation.fits) {
      const { values, indices } = tf.tidy(() => ({ ...tf.topk(generation.nextLogits(), count) })); // [rows, count]
      const reading = Promise.all([values.data<'float32'>(), indices.data<'int32'>()]);
      const [logits, ids] = await reading.finally(() => tf.dispose([values, indices]));
      const next = Int32Array.from({ length: generation.rows }, (_, row) => {
        const [start, end] = [row * count, (row + 1) * count];
        const likely = { logits: logits.subarray(start, end), ids: ids.subarray(start, end) };
        checkLogits(likely.logits, generation);
        return choose(row, likely);
      });
      yield next;
      generation.append(next);
    }
  } finally {
    generation.dispose();
  }
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

/** Without this check, a model that overflows writes the token 0 for ever. */
function checkLogits(logits: Float32Array, { layerCount }: Generation): void {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  if (Number.isFinite(largest)) return;
  throw new NonFiniteActivationError(
    `The largest logit of the next token is ${largest}: weights or activations overflow. In bfloat16, try float32.`,
    layerCount,
  );
}
