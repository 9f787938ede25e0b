import { float16At } from '../../../dtypes/float16.js';

/** The sixteen levels of IQ4_NL and IQ4_XS, closer together around zero (ggml's `kvalues_iq4nl`). */
const LEVELS = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** Writes 32 values from 16 bytes, low halves first. */
function putLevels(bytes: Uint8Array, at: number, scale: number, out: Float32Array, to: number): void {
  for (let j = 0; j < 16; j++) {
    const packed = bytes[at + j]!;
    out[to + j] = scale * LEVELS[packed & 15]!;
    out[to + j + 16] = scale * LEVELS[packed >> 4]!;
  }
}

/** IQ4_NL: blocks of 32 in 18 bytes. A value is `d · level[q]`. Layout: d 2, values 16. */
export function dequantizeIQ4NL(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  putLevels(bytes, at + 2, float16At(bytes, at), out, to);
}

/**
 * IQ4_XS: super-blocks of 256 in 136 bytes, with eight sub-blocks of 32. A value is `d · (scale − 32) · level[q]`.
 *
 * Layout: d 2, high two bits of the sub-block scales 2, their low four bits 4, values 128.
 */
export function dequantizeIQ4XS(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  const high = bytes[at + 2]! | (bytes[at + 3]! << 8);
  for (let sub = 0; sub < 8; sub++) {
    const low = (bytes[at + 4 + (sub >> 1)]! >> (4 * (sub & 1))) & 15;
    const scale = low | (((high >> (2 * sub)) & 3) << 4);
    putLevels(bytes, at + 8 + 16 * sub, d * (scale - 32), out, to + 32 * sub);
  }
}
