import { float16At, float16Value } from '../../../dtypes/float16.js';
import { grids } from './grids.js';

/** Points of the grid, whose digits are −1, 0 and 1, are moved by this much up or down. */
const DELTA = 0.125;

function putMoved(out: Float32Array, to: number, point: number, scale: number, down: boolean): void {
  const grid = grids.iq1();
  const delta = down ? -DELTA : DELTA;
  for (let j = 0; j < 8; j++) out[to + j] = scale * (grid[8 * point + j]! + delta);
}

/**
 * IQ1_S: super-blocks of 256 in 50 bytes, with eight sub-blocks of 32. Eight values are a point of a grid of 2048.
 *
 * Layout: d 2, low eight bits of the points 32, then for each sub-block two bytes: 4 × 3 high bits of the points, a scale
 * of 3 bits, and a bit that moves its points down.
 */
export function dequantizeIQ1S(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = float16At(bytes, at);
  for (let i = 0; i < 32; i++) {
    const rest = at + 34 + 2 * (i >> 2);
    const high = bytes[rest]! | (bytes[rest + 1]! << 8);
    const point = bytes[at + 2 + i]! | (((high >> (3 * (i & 3))) & 7) << 8);
    const scale = d * (2 * ((high >> 12) & 7) + 1);
    putMoved(out, to + 8 * i, point, scale, high >= 0x8000);
  }
}

/**
 * IQ1_M: super-blocks of 256 in 56 bytes, with sixteen sub-blocks of 16. Eight values are a point of the grid of IQ1_S.
 *
 * Layout: low eight bits of the points 32, half a byte for each point with its high three bits and a bit that moves it
 * down 16, then 4 × 2 bytes with four sub-block scales of 3 bits and four bits of d.
 */
export function dequantizeIQ1M(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const word = (i: number) => bytes[at + 48 + 2 * i]! | (bytes[at + 49 + 2 * i]! << 8);
  const d = float16Value(
    (word(0) >> 12) | ((word(1) >> 12) << 4) | ((word(2) >> 12) << 8) | ((word(3) >> 12) << 12),
  );
  for (let i = 0; i < 32; i++) {
    const high = (bytes[at + 32 + (i >> 1)]! >> (4 * (i & 1))) & 15;
    const point = bytes[at + i]! | ((high & 7) << 8);
    const sub = i >> 1;
    const scale = d * (2 * ((word(sub >> 2) >> (3 * (sub & 3))) & 7) + 1);
    putMoved(out, to + 8 * i, point, scale, high >= 8);
  }
}
