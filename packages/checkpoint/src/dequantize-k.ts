import { float16At } from './float16.js';

/**
 * K-quants: super-blocks of 256. Q4_K and Q5_K hold eight sub-blocks of 32 with a 6-bit scale and a 6-bit minimum
 * each; Q6_K sixteen of 16 with an 8-bit scale.
 */

/** [d 2][dmin 2][scales 12][values 128] */
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

/** [d 2][dmin 2][scales 12][fifth bits 32][values 128] */
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

/** [low four bits 128][high two bits 64][scales, signed 16][d 2] */
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

/** Sub-block scales and minima are 6 bits each: four of either in plain bytes, the other four spread over them. */
function subScale(bytes: Uint8Array, at: number, sub: number): number {
  if (sub < 4) return bytes[at + sub]! & 63;
  return (bytes[at + sub + 4]! & 15) | ((bytes[at + sub - 4]! >> 6) << 4);
}

function subMin(bytes: Uint8Array, at: number, sub: number): number {
  if (sub < 4) return bytes[at + sub + 4]! & 63;
  return (bytes[at + sub + 4]! >> 4) | ((bytes[at + sub]! >> 6) << 4);
}
