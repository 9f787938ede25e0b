import { rowRange, type TokenBatch, type TokenBlocks } from '@grasp/calib-data';
import { convert, toFloat32 } from '@grasp/checkpoint';
import type { Decoder, TokenBatch as TaughtBatch } from '@grasp/decoder';
import type { TextSizes } from '../forecast/text-sizes.js';
import type { PruneEvent } from '../run/events.js';
import type { PruneSettings } from '../settings/schema.js';

/** Blocks that go through the model at once: enough to keep the cores busy. */
const BLOCKS_AT_ONCE = 4;

/**
 * The teacher's targets for the first blocks of a text, `[length − 1, d]` each, as bits of bfloat16. There is one row
 * per token, and the rounding is lost in the noise of the gradients.
 */
export type TeacherBlocks = Uint16Array[];

/**
 * For how many blocks the dense model gives targets, always the first ones, and for how many of these the refit reads
 * them off anyway: one with error compensation, on the same text.
 */
export function taughtBlocks(
  { distil, scales, refit }: Pick<PruneSettings, 'distil' | 'scales' | 'refit'>,
  texts: TextSizes,
): { readonly total: number; readonly byRefit: number } {
  const total = distil.weight > 0 && scales.epochs > 0 ? Math.min(texts.scales, distil.blocks) : 0;
  const reads = refit.mode === 'sequential' && refit.compensation > 0 && !texts.apart;
  const read = reads ? Math.min(texts.gates, refit.blocks) : 0;
  return { total, byRefit: Math.min(read, total) };
}

/** Asks the dense model about blocks `[first, end)`, before its weights are changed. */
export async function* askTeacher(
  model: Decoder,
  blocks: TokenBlocks,
  [first, end]: readonly [number, number],
  taught: TeacherBlocks,
): AsyncGenerator<PruneEvent, void, undefined> {
  const [, length] = blocks.shape;
  const teacher = model.under();
  for (let start = first; start < end; start += BLOCKS_AT_ONCE) {
    const some = Math.min(BLOCKS_AT_ONCE, end - start);
    setTargets(taught, start, some, await teacher.teacherRows(rowRange(blocks, start, some)));
    yield { stage: 'teacher', block: start + some - first, blocks: end - first, tokens: some * length };
  }
}

/** Stores the teacher's targets for `count` blocks from `first` on. */
export function setTargets(taught: TeacherBlocks, first: number, count: number, targets: Float32Array): void {
  const size = targets.length / count;
  for (let i = 0; i < count; i++) taught[first + i] = narrow(targets.subarray(i * size, (i + 1) * size));
}

/** A batch of blocks with the teacher's targets for those that have any. */
export function withTeacher(
  taught: TeacherBlocks,
  batch: TokenBatch,
  blocks: ArrayLike<number>,
  weight: number,
): TaughtBatch {
  const known = Array.from(blocks, (block) => taught[block]);
  const size = known.find((bits) => bits)?.length;
  if (size === undefined) return batch;
  const expectedRows = new Float32Array(known.length * size);
  known.forEach((bits, i) => {
    if (bits) expectedRows.set(widen(bits), i * size);
  });
  return { ...batch, teacher: { expectedRows, weights: known.map((bits) => (bits ? weight : 0)) } };
}

function narrow(values: Float32Array): Uint16Array {
  const bits = convert({ dtype: 'F32', shape: [values.length], data: values }, 'BF16', 'teacher targets');
  return bits.data as Uint16Array;
}

function widen(bits: Uint16Array): Float32Array {
  return toFloat32({ dtype: 'BF16', shape: [bits.length], data: bits });
}
