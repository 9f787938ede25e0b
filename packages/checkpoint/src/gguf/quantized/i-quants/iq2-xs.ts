import { float16At } from '../../../dtypes/float16.js';
import { grids } from './grids.js';
import { evenSigns, putSigned } from './signs.js';

/**
 * IQ2_XS: super-blocks of 256 in 74 bytes, with sixteen sub-blocks of 16. Eight values are a point of a grid of 512, with
 * signs.
 *
 * Layout: d 2, 32 × 2 bytes with 9 bits of a point and 7 sign bits, sub-block scales 8.
 */
export function dequantizeIQ2XS(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  const grid = grids.iq2xs();
  for (let i = 0; i < 32; i++) {
    const packed = bytes[at + 2 + 2 * i]! | (bytes[at + 3 + 2 * i]! << 8);
    const scale = d * (0.5 + ((bytes[at + 66 + (i >> 2)]! >> (2 * (i & 2))) & 15)) * 0.25;
    putSigned(out, to + 8 * i, grid, 8 * (packed & 511), 8, scale, evenSigns(packed >> 9));
  }
}
