import { float16At } from '../../../dtypes/float16.js';
import { subMin, subScale } from './k-scales.js';

/**
 * Q5_K: as Q4_K, with a fifth bit for each value, in 176 bytes.
 *
 * Layout: d 2, dmin 2, sub-block scales and minima 12, fifth bits 32, values 128.
 */
export function dequantizeQ5K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  const dmin = float16At(bytes, at + 2);
  for (let pair = 0; pair < 4; pair++) {
    // As in Q4_K, products are exact in float32.
    const scale = d * subScale(bytes, at + 4, 2 * pair);
    const min = dmin * subMin(bytes, at + 4, 2 * pair);
    const scale2 = d * subScale(bytes, at + 4, 2 * pair + 1);
    const min2 = dmin * subMin(bytes, at + 4, 2 * pair + 1);
    const values = at + 48 + 32 * pair;
    const first = to + 64 * pair;
    for (let j = 0; j < 32; j++) {
      const packed = bytes[values + j]!;
      const fifths = bytes[at + 16 + j]! >> (2 * pair);
      out[first + j] = scale * ((packed & 15) | ((fifths & 1) << 4)) - min;
      out[first + 32 + j] = scale2 * ((packed >> 4) | ((fifths & 2) << 3)) - min2;
    }
  }
}
