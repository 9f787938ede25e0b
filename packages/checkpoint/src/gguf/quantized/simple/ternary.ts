import { float16At } from '../../../dtypes/float16.js';

/**
 * TQ2_0: blocks of 256 in 66 bytes. A value is `d · (q − 1)`, q of two bits. Layout: values 64, d 2.
 *
 * A half of 128 values has 32 bytes; each holds four values that are 32 apart.
 */
export function dequantizeTQ2_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at + 64);
  for (let half = 0; half < 2; half++) {
    for (let j = 0; j < 32; j++) {
      const packed = bytes[at + 32 * half + j]!;
      for (let n = 0; n < 4; n++) out[to + 128 * half + 32 * n + j] = d * (((packed >> (2 * n)) & 3) - 1);
    }
  }
}

/**
 * TQ1_0: blocks of 256 in 54 bytes. A value is `d · (q − 1)`, q a ternary digit. Layout: values 48, values 4, d 2.
 *
 * A byte is a fraction of 256 with five ternary digits, the first one highest: 32 bytes hold 160 values that are 32
 * apart, 16 bytes 80 values, and the last four bytes four digits each.
 */
export function dequantizeTQ1_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at + 52);
  putDigits(bytes, at, 32, 5, d, out, to);
  putDigits(bytes, at + 32, 16, 5, d, out, to + 160);
  putDigits(bytes, at + 48, 4, 4, d, out, to + 240);
}

/** Writes the first `digits` digits of each of `count` bytes: all first digits, then all second ones, … */
function putDigits(
  bytes: Uint8Array,
  at: number,
  count: number,
  digits: number,
  d: number,
  out: Float32Array,
  to: number,
): void {
  for (let j = 0; j < count; j++) {
    let fraction = bytes[at + j]!;
    for (let n = 0; n < digits; n++) {
      const product = 3 * fraction;
      out[to + n * count + j] = d * ((product >> 8) - 1);
      fraction = product & 255;
    }
  }
}
