import { float16At } from '../../../dtypes/float16.js';

/** Elements in a block. */
const BLOCK = 32;

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

/**
 * Writes the 16 value bytes of a Q4_0 block at `to`. The element of largest magnitude becomes 0, so the scale has a
 * sign.
 *
 * @returns the scale `d`, before it is rounded to float16
 */
export function packQ4(values: Float32Array, from: number, out: Uint8Array, to: number): number {
  let extreme = 0;
  for (let i = 0; i < BLOCK; i++) {
    const x = values[from + i]!;
    if (Math.abs(x) > Math.abs(extreme)) extreme = x;
  }
  const scale = Math.fround(extreme / -8);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  const level = (i: number) => {
    const x = Math.fround(values[from + i]! * inverse);
    return Math.min(15, Math.trunc(Math.fround(x + 8.5)));
  };
  for (let i = 0; i < BLOCK / 2; i++) out[to + i] = level(i) | (level(i + BLOCK / 2) << 4);
  return scale;
}
