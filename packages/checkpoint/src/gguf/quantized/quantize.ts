import { float16Bits, float16Value } from '../../dtypes/float16.js';
import { NarrowingOverflowError } from '../../errors.js';
import { GGML_TYPES } from './types.js';
import { quantizeQ4_0 } from './write/q4.js';
import { quantizeQ5_0, quantizeQ5_1 } from './write/q5.js';
import { quantizeQ6K } from './write/q6-k.js';
import { quantizeQ8_0 } from './write/q8.js';
import type { RowQuantizer } from './write/row.js';
import { quantizeQ4K, quantizeQ5K } from './write/scale-min-blocks.js';

/** Block formats this package writes. */
const ROWS = {
  Q8_0: quantizeQ8_0,
  Q6_K: quantizeQ6K,
  Q5_K: quantizeQ5K,
  Q5_1: quantizeQ5_1,
  Q5_0: quantizeQ5_0,
  Q4_K: quantizeQ4K,
  Q4_0: quantizeQ4_0,
} as const satisfies Readonly<Record<string, RowQuantizer>>;

export type QuantType = keyof typeof ROWS;

export const isQuantType = (type: string): type is QuantType => Object.hasOwn(ROWS, type);

export interface QuantizeOptions {
  /** Values of a row: a multiple of the block size, so that no block spans two rows. Default: all of them. */
  readonly columns?: number;
  /**
   * Importance of each column, `[columns]`, not negative: usually the mean square of the activations that it meets. Q8_0
   * and Q4_0 do not use it.
   */
  readonly importance?: Float32Array | undefined;
  /** Name of the tensor, for messages. */
  readonly name: string;
}

/**
 * Quantises rows of whole blocks to the bytes of ggml's `quantize_*` functions for x86-64.
 *
 * @param values finite, `[rows, columns]`
 * @throws NarrowingOverflowError if a block's scale is beyond float16
 */
export function quantize(
  type: QuantType,
  values: Float32Array,
  { columns = values.length, importance, name }: QuantizeOptions,
): Uint8Array {
  const { blockSize, blockBytes } = GGML_TYPES[type];
  const out = new Uint8Array((values.length / blockSize) * blockBytes);
  const putScale = (at: number, scale: number): number => {
    const half = float16Bits(scale);
    if ((half & 0x7c00) === 0x7c00) {
      throw new NarrowingOverflowError(name, Math.floor(at / blockBytes) * blockSize, scale, 'F16');
    }
    out[at] = half & 255;
    out[at + 1] = half >> 8;
    return float16Value(half);
  };
  for (let from = 0; from < values.length; from += columns) {
    ROWS[type]({ values, from, columns, importance }, out, (from / blockSize) * blockBytes, putScale);
  }
  return out;
}
