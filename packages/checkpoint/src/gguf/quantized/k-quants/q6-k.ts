import { float16At } from '../../../dtypes/float16.js';

/**
 * Q6_K: super-blocks of 256 in 210 bytes, with sixteen sub-blocks of 16. A value is `scale · (q − 32)`.
 *
 * Layout: low four bits 128, high two bits 64, signed scales 16, d 2. A half of 128 values has 64 bytes of low bits, each
 * for two values that are 64 apart, and 32 bytes of high bits, each for four values that are 32 apart.
 */
export function dequantizeQ6K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at + 208);
  const scale = (sub: number) => d * ((bytes[at + 192 + sub]! << 24) >> 24);
  for (let run = 0; run < 4; run++) {
    const half = run >> 1;
    const from = 16 * (run & 1);
    const sub = 8 * half + (run & 1);
    const [scale0, scale1, scale2, scale3] = [scale(sub), scale(sub + 2), scale(sub + 4), scale(sub + 6)];
    const low = at + 64 * half + from;
    const high = at + 128 + 32 * half + from;
    const first = to + 128 * half + from;
    for (let j = 0; j < 16; j++) {
      const [a, b, bits] = [bytes[low + j]!, bytes[low + 32 + j]!, bytes[high + j]!];
      out[first + j] = scale0 * (((a & 15) | ((bits & 3) << 4)) - 32);
      out[first + 32 + j] = scale1 * (((b & 15) | ((bits & 12) << 2)) - 32);
      out[first + 64 + j] = scale2 * (((a >> 4) | (bits & 48)) - 32);
      out[first + 96 + j] = scale3 * (((b >> 4) | ((bits & 192) >> 2)) - 32);
    }
  }
}
