import { dequantizeQ4K, dequantizeQ5K, dequantizeQ6K } from './dequantize-k.js';
import { float16At } from './float16.js';
import { GGML_TYPES, type GgmlQuantType } from './ggml-types.js';

/**
 * One block of packed bits to float32. `at` is the block's first byte, `to` the first element it fills.
 * Every product and sum is rounded to float32, as ggml does, so results are equal to the last bit.
 */
type BlockDequantizer = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

/** Blocks of 32: a scale, optionally a minimum, optionally fifth bits, then 4-bit values, low halves first. */
const BLOCKS: Readonly<Record<GgmlQuantType, BlockDequantizer>> = {
  // [d 2][values 16]
  Q4_0(bytes, at, out, to) {
    const d = float16At(bytes, at);
    for (let j = 0; j < 16; j++) {
      const packed = bytes[at + 2 + j]!;
      out[to + j] = d * ((packed & 15) - 8);
      out[to + j + 16] = d * ((packed >> 4) - 8);
    }
  },
  // [d 2][min 2][values 16]
  Q4_1(bytes, at, out, to) {
    const d = float16At(bytes, at);
    const min = float16At(bytes, at + 2);
    for (let j = 0; j < 16; j++) {
      const packed = bytes[at + 4 + j]!;
      out[to + j] = Math.fround(d * (packed & 15)) + min;
      out[to + j + 16] = Math.fround(d * (packed >> 4)) + min;
    }
  },
  // [d 2][fifth bits 4][values 16]
  Q5_0(bytes, at, out, to) {
    const d = float16At(bytes, at);
    const high = uint32At(bytes, at + 2);
    for (let j = 0; j < 16; j++) {
      const packed = bytes[at + 6 + j]!;
      out[to + j] = d * (((packed & 15) | (((high >>> j) & 1) << 4)) - 16);
      out[to + j + 16] = d * (((packed >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16);
    }
  },
  // [d 2][min 2][fifth bits 4][values 16]
  Q5_1(bytes, at, out, to) {
    const d = float16At(bytes, at);
    const min = float16At(bytes, at + 2);
    const high = uint32At(bytes, at + 4);
    for (let j = 0; j < 16; j++) {
      const packed = bytes[at + 8 + j]!;
      out[to + j] = Math.fround(d * ((packed & 15) | (((high >>> j) & 1) << 4))) + min;
      out[to + j + 16] = Math.fround(d * ((packed >> 4) | (((high >>> (j + 16)) & 1) << 4))) + min;
    }
  },
  // [d 2][signed bytes 32]
  Q8_0(bytes, at, out, to) {
    const d = float16At(bytes, at);
    for (let j = 0; j < 32; j++) out[to + j] = d * ((bytes[at + 2 + j]! << 24) >> 24);
  },
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

function uint32At(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
