/** Twice the sixteen values of FP4 (E2M1). The scale is halved in turn, so that the table has integers. */
const VALUES = Int8Array.of(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

/**
 * MXFP4: blocks of 32 in 17 bytes. A value is `2^(e − 127)` times an FP4 number (OCP Microscaling Formats 1.0).
 *
 * Layout: e 1, values 16, low halves first.
 */
export function dequantizeMXFP4(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = 2 ** (bytes[at]! - 128);
  for (let j = 0; j < 16; j++) {
    const packed = bytes[at + 1 + j]!;
    out[to + j] = d * VALUES[packed & 15]!;
    out[to + j + 16] = d * VALUES[packed >> 4]!;
  }
}
