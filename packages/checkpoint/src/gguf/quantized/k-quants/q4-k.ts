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
  for (let sub = 0; sub < 8; sub++) {
    const scale = Math.fround(d * subScale(bytes, at + 4, sub));
    const min = Math.fround(dmin * subMin(bytes, at + 4, sub));
    // Two sub-blocks share 32 bytes: the even one in the low halves.
    const values = at + 16 + 32 * (sub >> 1);
    const shift = 4 * (sub & 1);
    for (let j = 0; j < 32; j++) {
      out[to + 32 * sub + j] = Math.fround(scale * ((bytes[values + j]! >> shift) & 15)) - min;
    }
  }
}
