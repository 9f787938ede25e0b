import { float16At } from '../../../dtypes/float16.js';
import { subMin, subScale } from './k-scales.js';

/**
 * Q4_K: super-blocks of 256 in 144 bytes, with eight sub-blocks of 32. A value is `scale · q − min`.
 *
 * Layout: d 2, dmin 2, sub-block scales and minima 12, values 128.
 */
export function dequantizeQ4K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  const dmin = float16At(bytes, at + 2);
  for (let pair = 0; pair < 4; pair++) {
    // Two sub-blocks share 32 bytes: the even one in the low halves. Products are exact in float32: a float16 has 11
    // bits, a sub-block scale 6, a value 4. So only the difference is rounded, when it is stored.
    const scale = d * subScale(bytes, at + 4, 2 * pair);
    const min = dmin * subMin(bytes, at + 4, 2 * pair);
    const scale2 = d * subScale(bytes, at + 4, 2 * pair + 1);
    const min2 = dmin * subMin(bytes, at + 4, 2 * pair + 1);
    const values = at + 16 + 32 * pair;
    const first = to + 64 * pair;
    for (let j = 0; j < 32; j++) {
      const packed = bytes[values + j]!;
      out[first + j] = scale * (packed & 15) - min;
      out[first + 32 + j] = scale2 * (packed >> 4) - min2;
    }
  }
}
