import type { RowQuantizer } from './row.js';

const f = Math.fround;

const BLOCK = 32;

/** Rows of Q8_0. The largest magnitude becomes 127. Halves are rounded away from zero. Importance is not used. */
export const quantizeQ8_0: RowQuantizer = ({ values, from, columns }, out, to, putScale) => {
  for (let first = from, at = to; first < from + columns; first += BLOCK, at += 34) {
    let largest = 0;
    for (let i = first; i < first + BLOCK; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const scale = f(largest / 127);
    const inverse = scale === 0 ? 0 : f(1 / scale);
    putScale(at, scale);
    for (let j = 0; j < BLOCK; j++) {
      const x = f(values[first + j]! * inverse);
      out[at + 2 + j] = Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
    }
  }
};
