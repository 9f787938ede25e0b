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
  for (let sub = 0; sub < 8; sub++) {
    const scale = Math.fround(d * subScale(bytes, at + 4, sub));
    const min = Math.fround(dmin * subMin(bytes, at + 4, sub));
    const values = at + 48 + 32 * (sub >> 1);
    const shift = 4 * (sub & 1);
    for (let j = 0; j < 32; j++) {
      const fifth = ((bytes[at + 16 + j]! >> sub) & 1) << 4;
      out[to + 32 * sub + j] = Math.fround(scale * (((bytes[values + j]! >> shift) & 15) | fifth)) - min;
    }
  }
}
