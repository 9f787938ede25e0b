import { float16At } from '../../../dtypes/float16.js';

/**
 * Q2_K: super-blocks of 256 in 84 bytes, with sixteen sub-blocks of 16. A value is `scale · q − min`.
 *
 * Layout: sub-block scales (low halves) and minima 16, values 64, d 2, dmin 2. A half of 128 values has 32 value bytes;
 * each holds four values that are 32 apart.
 */
export function dequantizeQ2K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at + 80);
  const dmin = float16At(bytes, at + 82);
  for (let sub = 0; sub < 16; sub++) {
    const packed = bytes[at + sub]!;
    // As in Q4_K, products are exact in float32.
    const scale = d * (packed & 15);
    const min = dmin * (packed >> 4);
    const values = at + 16 + 32 * (sub >> 3) + 16 * (sub & 1);
    const shift = sub & 6;
    for (let j = 0; j < 16; j++) {
      out[to + 16 * sub + j] = scale * ((bytes[values + j]! >> shift) & 3) - min;
    }
  }
}
