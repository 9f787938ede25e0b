import { float16At } from '../../../dtypes/float16.js';

/** Q4_0: blocks of 32 in 18 bytes. A value is `d · (q − 8)`. Layout: d 2, values 16, low halves first. */
export function dequantizeQ4_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  for (let j = 0; j < 16; j++) {
    const packed = bytes[at + 2 + j]!;
    out[to + j] = d * ((packed & 15) - 8);
    out[to + j + 16] = d * ((packed >> 4) - 8);
  }
}

/** Q4_1: blocks of 32 in 20 bytes. A value is `d · q + min`. Layout: d 2, min 2, values 16, low halves first. */
export function dequantizeQ4_1(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  const min = float16At(bytes, at + 2);
  for (let j = 0; j < 16; j++) {
    const packed = bytes[at + 4 + j]!;
    out[to + j] = d * (packed & 15) + min;
    out[to + j + 16] = d * (packed >> 4) + min;
  }
}
