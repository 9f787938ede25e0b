import type { RowQuantizer } from './row.js';

const f = Math.fround;

const BLOCK = 32;

/** Rows of Q4_0. The element of largest magnitude becomes level 0, so the scale has a sign. Importance is not used. */
export const quantizeQ4_0: RowQuantizer = ({ values, from, columns }, out, to, putScale) => {
  for (let first = from, at = to; first < from + columns; first += BLOCK, at += 18) {
    let extreme = 0;
    for (let i = first; i < first + BLOCK; i++) {
      if (Math.abs(values[i]!) > Math.abs(extreme)) extreme = values[i]!;
    }
    const scale = f(extreme / -8);
    const inverse = scale === 0 ? 0 : f(1 / scale);
    putScale(at, scale);
    const level = (i: number) => Math.min(15, Math.trunc(f(f(values[i]! * inverse) + 8.5)));
    for (let j = 0; j < 16; j++) out[at + 2 + j] = level(first + j) | (level(first + 16 + j) << 4);
  }
};
