import { float16At } from '../../../dtypes/float16.js';
import { grids } from './grids.js';
import { putSigned } from './signs.js';

/**
 * IQ2_S: super-blocks of 256 in 82 bytes, with sixteen sub-blocks of 16. Eight values are a point of a grid of 1024, with
 * eight signs.
 *
 * Layout: d 2, low eight bits of the points 32, signs 32, high two bits of the points 8, sub-block scales 8.
 */
export function dequantizeIQ2S(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  const grid = grids.iq2s();
  for (let i = 0; i < 32; i++) {
    const high = (bytes[at + 66 + (i >> 2)]! >> (2 * (i & 3))) & 3;
    const point = bytes[at + 2 + i]! | (high << 8);
    const scale = d * (0.5 + ((bytes[at + 74 + (i >> 2)]! >> (2 * (i & 2))) & 15)) * 0.25;
    putSigned(out, to + 8 * i, grid, 8 * point, 8, scale, bytes[at + 34 + i]!);
  }
}
