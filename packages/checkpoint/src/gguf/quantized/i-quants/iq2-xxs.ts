import { float16At } from '../../../dtypes/float16.js';
import { uint32At } from '../../../dtypes/little-endian.js';
import { grids } from './grids.js';
import { evenSigns, putSigned } from './signs.js';

/**
 * IQ2_XXS: super-blocks of 256 in 66 bytes, with eight sub-blocks of 32. Eight values are a point of a grid of 256, with
 * signs.
 *
 * Layout: d 2, then for each sub-block four bytes of points and four bytes with 4 × 7 sign bits and a scale of 4 bits.
 */
export function dequantizeIQ2XXS(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  const grid = grids.iq2xxs();
  for (let sub = 0; sub < 8; sub++) {
    const points = at + 2 + 8 * sub;
    const rest = uint32At(bytes, points + 4);
    const scale = d * (0.5 + (rest >>> 28)) * 0.25;
    for (let i = 0; i < 4; i++) {
      const signs = evenSigns((rest >>> (7 * i)) & 127);
      putSigned(out, to + 32 * sub + 8 * i, grid, 8 * bytes[points + i]!, 8, scale, signs);
    }
  }
}
