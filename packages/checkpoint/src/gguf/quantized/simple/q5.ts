import { float16At } from '../../../dtypes/float16.js';
import { uint32At } from '../../../dtypes/little-endian.js';

/** Q5_0: blocks of 32 in 22 bytes. A value is `d · (q − 16)`. Layout: d 2, fifth bits 4, values 16. */
export function dequantizeQ5_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  const high = uint32At(bytes, at + 2);
  for (let j = 0; j < 16; j++) {
    const packed = bytes[at + 6 + j]!;
    out[to + j] = d * (((packed & 15) | (((high >>> j) & 1) << 4)) - 16);
    out[to + j + 16] = d * (((packed >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16);
  }
}

/** Q5_1: blocks of 32 in 24 bytes. A value is `d · q + min`. Layout: d 2, min 2, fifth bits 4, values 16. */
export function dequantizeQ5_1(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  const min = float16At(bytes, at + 2);
  const high = uint32At(bytes, at + 4);
  for (let j = 0; j < 16; j++) {
    const packed = bytes[at + 8 + j]!;
    out[to + j] = d * ((packed & 15) | (((high >>> j) & 1) << 4)) + min;
    out[to + j + 16] = d * ((packed >> 4) | (((high >>> (j + 16)) & 1) << 4)) + min;
  }
}
