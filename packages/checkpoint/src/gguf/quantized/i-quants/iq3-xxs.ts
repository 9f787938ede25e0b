import { float16At } from '../../../dtypes/float16.js';
import { uint32At } from '../../../dtypes/little-endian.js';
import { grids } from './grids.js';
import { evenSigns, putSigned } from './signs.js';

/**
 * IQ3_XXS: super-blocks of 256 in 98 bytes, with eight sub-blocks of 32. Four values are a point of a grid of 256, with
 * signs.
 *
 * Layout: d 2, points 64, then for each sub-block four bytes with 4 × 7 sign bits and a scale of 4 bits.
 */
export function dequantizeIQ3XXS(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  const grid = grids.iq3xxs();
  for (let sub = 0; sub < 8; sub++) {
    const rest = uint32At(bytes, at + 66 + 4 * sub);
    const scale = d * (0.5 + (rest >>> 28)) * 0.5;
    for (let i = 0; i < 8; i++) {
      const signs = evenSigns((rest >>> (7 * (i >> 1))) & 127) >> (4 * (i & 1));
      const point = bytes[at + 2 + 8 * sub + i]!;
      putSigned(out, to + 32 * sub + 4 * i, grid, 4 * point, 4, scale, signs);
    }
  }
}
