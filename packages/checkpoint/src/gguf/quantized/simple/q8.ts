import { float16At } from '../../../dtypes/float16.js';

/** Q8_0: blocks of 32 in 34 bytes. A value is `d · q`. Layout: d 2, signed bytes 32. */
export function dequantizeQ8_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  for (let j = 0; j < 32; j++) out[to + j] = d * ((bytes[at + 2 + j]! << 24) >> 24);
}
