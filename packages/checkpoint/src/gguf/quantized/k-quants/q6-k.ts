import { float16At } from '../../../dtypes/float16.js';

/**
 * Q6_K: super-blocks of 256 in 210 bytes, with sixteen sub-blocks of 16. A value is `scale · (q − 32)`.
 *
 * Layout: low four bits 128, high two bits 64, signed scales 16, d 2.
 */
export function dequantizeQ6K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at + 208);
  for (let group = 0; group < 8; group++) {
    // Groups of 32; a half of four groups has 64 bytes of low bits and 32 of high ones.
    const half = group >> 2;
    const quarter = group & 3;
    const low = at + 64 * half + 32 * (quarter & 1);
    const lowShift = 4 * (quarter >> 1);
    const high = at + 128 + 32 * half;
    for (let j = 0; j < 32; j++) {
      const scale = Math.fround(d * ((bytes[at + 192 + 2 * group + (j >> 4)]! << 24) >> 24));
      const value = ((bytes[low + j]! >> lowShift) & 15) | (((bytes[high + j]! >> (2 * quarter)) & 3) << 4);
      out[to + 32 * group + j] = scale * (value - 32);
    }
  }
}
