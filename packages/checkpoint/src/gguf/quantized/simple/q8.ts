import { float16At } from '../../../dtypes/float16.js';

/** Elements in a block. */
const BLOCK = 32;

/** Q8_0: blocks of 32 in 34 bytes. A value is `d · q`. Layout: d 2, signed bytes 32. */
export function dequantizeQ8_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  for (let j = 0; j < 32; j++) out[to + j] = d * ((bytes[at + 2 + j]! << 24) >> 24);
}

/**
 * Writes the 32 value bytes of a Q8_0 block at `to`. The largest magnitude becomes 127. Halves are rounded away from
 * zero.
 *
 * @returns the scale `d`, before it is rounded to float16
 */
export function packQ8(values: Float32Array, from: number, out: Uint8Array, to: number): number {
  let largest = 0;
  for (let i = 0; i < BLOCK; i++) largest = Math.max(largest, Math.abs(values[from + i]!));
  const scale = Math.fround(largest / 127);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  for (let i = 0; i < BLOCK; i++) {
    const x = Math.fround(values[from + i]! * inverse);
    out[to + i] = Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
  }
  return scale;
}
