import { fitSymmetric, ZERO } from './fit-symmetric.js';
import { clamp, nearestInt } from './nearest-int.js';
import type { RowQuantizer } from './row.js';

const f = Math.fround;

const [BLOCK, BYTES, SUB, SUBS] = [256, 210, 16, 16];

const block = new Float32Array(BLOCK);
const levels = new Uint8Array(BLOCK);
const scales = new Float32Array(SUBS);

/** Rows of Q6_K. The sub-block scale of largest magnitude becomes −128 steps. */
export const quantizeQ6K: RowQuantizer = ({ values, from, columns, importance }, out, to, putScale) => {
  for (let column = 0, at = to; column < columns; column += BLOCK, at += BYTES) {
    block.set(values.subarray(from + column, from + column + BLOCK));
    let extreme = 0;
    for (let sub = 0; sub < SUBS; sub++) {
      const first = column + SUB * sub;
      const scale = fitSymmetric(block, SUB * sub, SUB, 32, importance?.subarray(first, first + SUB), levels);
      scales[sub] = scale;
      if (Math.abs(scale) > Math.abs(extreme)) extreme = scale;
    }
    if (Math.abs(extreme) < ZERO) {
      out.fill(0, at, at + BYTES);
      continue;
    }
    const inverse = f(-128 / extreme);
    const d = putScale(at + 208, f(1 / inverse));
    for (let sub = 0; sub < SUBS; sub++) {
      const scale = Math.min(127, nearestInt(f(inverse * scales[sub]!)));
      out[at + 192 + sub] = scale;
      const step = f(d * scale);
      if (step === 0) continue;
      for (let i = SUB * sub; i < SUB * (sub + 1); i++) {
        levels[i] = clamp(nearestInt(f(block[i]! / step)), -32, 31) + 32;
      }
    }
    pack(out, at);
  }
};

/** A half of 128 values has 64 bytes of low bits, two values each, and 32 bytes of high bits, four values each. */
function pack(out: Uint8Array, at: number): void {
  for (let half = 0; half < 2; half++) {
    for (let j = 0; j < 32; j++) {
      const level = (quarter: number) => levels[128 * half + 32 * quarter + j]!;
      const [a, b, c, d] = [level(0), level(1), level(2), level(3)];
      out[at + 64 * half + j] = (a & 15) | ((c & 15) << 4);
      out[at + 64 * half + 32 + j] = (b & 15) | ((d & 15) << 4);
      out[at + 128 + 32 * half + j] = (a >> 4) | ((b >> 4) << 2) | ((c >> 4) << 4) | ((d >> 4) << 6);
    }
  }
}
