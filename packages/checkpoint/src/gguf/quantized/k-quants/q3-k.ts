import { float16At } from '../../../dtypes/float16.js';

/**
 * Q3_K: super-blocks of 256 in 110 bytes, with sixteen sub-blocks of 16. A value is `scale · (q − 4)`.
 *
 * Layout: third bits 32, low two bits 64, sub-block scales 12, d 2. Bit `i` of byte `j` of the third bits belongs to
 * value `32 i + j`. A half of 128 values has 32 bytes of low bits; each holds four values that are 32 apart.
 */
export function dequantizeQ3K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at + 108);
  for (let sub = 0; sub < 16; sub++) {
    const scale = d * (subScale(bytes, at + 96, sub) - 32);
    const group = sub >> 1;
    const high = at + 16 * (sub & 1);
    const low = at + 32 + 32 * (group >> 2) + 16 * (sub & 1);
    const shift = 2 * (group & 3);
    for (let j = 0; j < 16; j++) {
      const q = ((bytes[low + j]! >> shift) & 3) | (((bytes[high + j]! >> group) & 1) << 2);
      out[to + 16 * sub + j] = scale * (q - 4);
    }
  }
}

/** The scale of sub-block `sub`, 0 to 63: its low four bits are in bytes 0 to 7, the high two in bytes 8 to 11. */
function subScale(bytes: Uint8Array, at: number, sub: number): number {
  const low = (bytes[at + (sub & 7)]! >> (4 * (sub >> 3))) & 15;
  return low | (((bytes[at + 8 + (sub & 3)]! >> (2 * (sub >> 2))) & 3) << 4);
}
