import { float16At, roundBitsToBfloat16 } from '../../../dtypes/float16.js';
import { subMin, subScale } from './k-scales.js';

/** Bytes of a block in units of 32 bits: scales, then eight values a word. */
const BLOCK_WORDS = 36;
const FIRST_VALUES = 4;

/** The 16 values of each of two sub-blocks, in float32 and as bfloat16 patterns. */
const values = new Float32Array(32);
const bits = new Int32Array(values.buffer);
const patterns = new Uint16Array(32);

/**
 * Q4_K as `dequantizeQ4K` reads it, rounded to bfloat16. A sub-block has 16 different values, so those are rounded, and
 * not its 32 elements.
 *
 * @param bytes whole blocks, beginning at a multiple of 4 in their buffer
 * @param out 256 elements a block, beginning at a multiple of 4 in their buffer
 * @returns false if a scale is infinite or NaN: `out` is then incomplete. Finite ones never overflow.
 */
export function roundQ4K(bytes: Uint8Array, out: Uint16Array): boolean {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const pairs = new Uint32Array(out.buffer, out.byteOffset, out.length / 2);
  for (let word = 0, to = 0; word < words.length; word += BLOCK_WORDS, to += 128) {
    const at = 4 * word;
    const d = float16At(bytes, at);
    const dmin = float16At(bytes, at + 2);
    for (let pair = 0; pair < 4; pair++) {
      for (let half = 0; half < 2; half++) {
        const scale = d * subScale(bytes, at + 4, 2 * pair + half);
        const min = dmin * subMin(bytes, at + 4, 2 * pair + half);
        for (let q = 0; q < 16; q++) values[16 * half + q] = scale * q - min;
      }
      if (!roundBitsToBfloat16(bits, patterns)) return false;
      const from = word + FIRST_VALUES + 8 * pair;
      const first = to + 32 * pair;
      for (let j = 0; j < 8; j++) {
        // Four bytes, each with an element of the even sub-block in its low half, and one of the odd in its high half.
        const packed = words[from + j]!;
        pairs[first + 2 * j] = patterns[packed & 15]! | (patterns[(packed >>> 8) & 15]! << 16);
        pairs[first + 2 * j + 1] = patterns[(packed >>> 16) & 15]! | (patterns[(packed >>> 24) & 15]! << 16);
        pairs[first + 16 + 2 * j] =
          patterns[16 | ((packed >>> 4) & 15)]! | (patterns[16 | ((packed >>> 12) & 15)]! << 16);
        pairs[first + 17 + 2 * j] =
          patterns[16 | ((packed >>> 20) & 15)]! | (patterns[16 | (packed >>> 28)]! << 16);
      }
    }
  }
  return true;
}
