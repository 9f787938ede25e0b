import { float16At } from '../../../dtypes/float16.js';
import { grids } from './grids.js';
import { putSigned } from './signs.js';

/**
 * IQ3_S: super-blocks of 256 in 110 bytes, with eight sub-blocks of 32. Four values are a point of a grid of 512, with
 * four signs.
 *
 * Layout: d 2, low eight bits of the points 64, their ninth bits 8, signs 32, sub-block scales 4.
 */
export function dequantizeIQ3S(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  const grid = grids.iq3s();
  for (let i = 0; i < 64; i++) {
    const point = bytes[at + 2 + i]! | (((bytes[at + 66 + (i >> 3)]! >> (i & 7)) & 1) << 8);
    const signs = bytes[at + 74 + (i >> 1)]! >> (4 * (i & 1));
    const sub = i >> 3;
    const scale = d * (1 + 2 * ((bytes[at + 106 + (sub >> 1)]! >> (4 * (sub & 1))) & 15));
    putSigned(out, to + 4 * i, grid, 4 * point, 4, scale, signs);
  }
}
