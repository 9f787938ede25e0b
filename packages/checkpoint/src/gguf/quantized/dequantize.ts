import { dequantizeQ4_0, dequantizeQ4_1 } from './q4.js';
import { dequantizeQ4K } from './q4-k.js';
import { dequantizeQ5_0, dequantizeQ5_1 } from './q5.js';
import { dequantizeQ5K } from './q5-k.js';
import { dequantizeQ6K } from './q6-k.js';
import { dequantizeQ8_0 } from './q8.js';
import { GGML_TYPES, type GgmlQuantType } from './types.js';

/**
 * Dequantises one block to float32. `at` is the first byte of the block, `to` the first element it fills. Every product
 * and sum is rounded to float32, as in ggml, so results are equal to the last bit.
 */
type BlockDequantizer = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

const BLOCKS: Readonly<Record<GgmlQuantType, BlockDequantizer>> = {
  Q4_0: dequantizeQ4_0,
  Q4_1: dequantizeQ4_1,
  Q5_0: dequantizeQ5_0,
  Q5_1: dequantizeQ5_1,
  Q8_0: dequantizeQ8_0,
  Q4_K: dequantizeQ4K,
  Q5_K: dequantizeQ5K,
  Q6_K: dequantizeQ6K,
};

/**
 * Dequantises whole blocks.
 *
 * @param bytes a whole number of blocks of `type`
 * @param out filled from `to` on, `blockSize` elements a block
 */
export function dequantize(type: GgmlQuantType, bytes: Uint8Array, out: Float32Array, to = 0): void {
  const { blockSize, blockBytes } = GGML_TYPES[type];
  const block = BLOCKS[type];
  for (let at = 0, element = to; at < bytes.length; at += blockBytes, element += blockSize) {
    block(bytes, at, out, element);
  }
}
