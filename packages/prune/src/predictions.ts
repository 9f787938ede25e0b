import { rows, type TokenBatch, type TokenBlocks } from '@grasp/calib-data';
import { convert, toFloat32 } from '@grasp/checkpoint';
import type { Decoder, TokenBatch as GradedBatch } from '@grasp/decoder';
import type { PruneEvent } from './run/events.js';
import type { PruneSettings } from './settings/schema.js';
import type { TextSizes } from './text-sizes.js';

/** Blocks that go through the model at once: enough to keep the cores busy. */
const BLOCKS_AT_ONCE = 4;

/**
 * What the dense model expects of each of the first blocks of a text, `[length − 1, d]`, as bits of bfloat16: there are as
 * many as the text has tokens, and what rounding changes of a gradient is lost in its noise.
 */
export type Predictions = Uint16Array[];

/**
 * How many blocks the dense model predicts, always the first ones, and how many of these a refit has it read anyway: one
 * that makes up for part of the gap to the dense model, on the same text.
 */
export function predictedBlocks(
  { distil, scales, refit }: Pick<PruneSettings, 'distil' | 'scales' | 'refit'>,
  texts: TextSizes,
): { readonly total: number; readonly byRefit: number } {
  const total = distil.weight > 0 && scales.epochs > 0 ? Math.min(texts.scales, distil.blocks) : 0;
  const reads = refit.mode === 'sequential' && refit.compensation > 0 && !texts.apart;
  const read = reads ? Math.min(texts.gates, refit.blocks) : 0;
  return { total, byRefit: Math.min(read, total) };
}

/** The model's own predictions for blocks `[first, end)`, before anything of it is changed; set where they belong. */
export async function* predict(
  model: Decoder,
  blocks: TokenBlocks,
  [first, end]: readonly [number, number],
  predictions: Predictions,
): AsyncGenerator<PruneEvent, void, undefined> {
  const [, length] = blocks.shape;
  for (let start = first; start < end; start += BLOCKS_AT_ONCE) {
    const some = Math.min(BLOCKS_AT_ONCE, end - start);
    const together = rows(
      blocks,
      Array.from({ length: some }, (_, i) => start + i),
    );
    setPredictions(predictions, start, some, await model.expectedRows(together));
    yield { stage: 'predictions', block: start + some - first, blocks: end - first, tokens: some * length };
  }
}

/** Sets what the dense model expects of `count` blocks from `first` on. */
export function setPredictions(
  predictions: Predictions,
  first: number,
  count: number,
  expected: Float32Array,
): void {
  const size = expected.length / count;
  for (let i = 0; i < count; i++)
    predictions[first + i] = narrow(expected.subarray(i * size, (i + 1) * size));
}

/** A batch of blocks, of which those that the dense model has read are graded by its predictions too. */
export function gradedBy(
  predictions: Predictions,
  batch: TokenBatch,
  blocks: ArrayLike<number>,
  weight: number,
): GradedBatch {
  const known = Array.from(blocks, (block) => predictions[block]);
  const size = known.find((bits) => bits)?.length;
  if (size === undefined) return batch;
  const expected = new Float32Array(known.length * size);
  known.forEach((bits, i) => {
    if (bits) expected.set(widen(bits), i * size);
  });
  return { ...batch, expected: { rows: expected, shares: known.map((bits) => (bits ? weight : 0)) } };
}

function narrow(values: Float32Array): Uint16Array {
  const bits = convert({ dtype: 'F32', shape: [values.length], data: values }, 'BF16', 'predictions');
  return bits.data as Uint16Array;
}

function widen(bits: Uint16Array): Float32Array {
  return toFloat32({ dtype: 'BF16', shape: [bits.length], data: bits });
}
