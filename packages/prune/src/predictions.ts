import { rows, type TokenBatch, type TokenBlocks } from '@grasp/calib-data';
import { convert, toFloat32 } from '@grasp/checkpoint';
import type { Decoder, TokenBatch as GradedBatch } from '@grasp/decoder';
import type { PruneEvent } from './events.js';
import type { PruneSettings } from './settings.js';

/** Blocks that go through the model at once: enough to keep the cores busy. */
const BLOCKS_AT_ONCE = 4;

/**
 * What the dense model expects of some blocks, `[length − 1, d]` each, as bits of bfloat16: there are as many as the text
 * has tokens, and what rounding changes of a gradient is lost in its noise.
 */
export type Predictions = readonly Uint16Array[];

/** The model's own predictions for each block, before anything of it is changed. */
export async function* predictionsOf(
  model: Decoder,
  blocks: TokenBlocks,
): AsyncGenerator<PruneEvent, Predictions, undefined> {
  const [count, length] = blocks.shape;
  const predictions: Uint16Array[] = [];
  while (predictions.length < count) {
    const first = predictions.length;
    const some = Math.min(BLOCKS_AT_ONCE, count - first);
    const together = await model.expectedRows(
      rows(
        blocks,
        Array.from({ length: some }, (_, i) => first + i),
      ),
    );
    const size = together.length / some;
    for (let i = 0; i < some; i++) predictions.push(narrow(together.subarray(i * size, (i + 1) * size)));
    yield { stage: 'predictions', block: first + some, blocks: count, tokens: some * length };
  }
  return predictions;
}

/** A batch of blocks that is graded by the dense model's predictions too. */
export function gradedBy(
  predictions: Predictions | undefined,
  batch: TokenBatch,
  blocks: ArrayLike<number>,
  { distill }: Pick<PruneSettings, 'distill'>,
): GradedBatch {
  if (!predictions) return batch;
  const size = predictions[0]!.length;
  const expected = new Float32Array(blocks.length * size);
  Array.from(blocks).forEach((block, i) => {
    expected.set(widen(predictions[block]!), i * size);
  });
  return { ...batch, expected: { rows: expected, share: distill } };
}

function narrow(values: Float32Array): Uint16Array {
  const bits = convert({ dtype: 'F32', shape: [values.length], data: values }, 'BF16', 'predictions');
  return bits.data as Uint16Array;
}

function widen(bits: Uint16Array): Float32Array {
  return toFloat32({ dtype: 'BF16', shape: [bits.length], data: bits });
}
