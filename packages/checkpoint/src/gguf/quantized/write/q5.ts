import { fitAffine } from './fit-affine.js';
import { fitSymmetric } from './fit-symmetric.js';
import { importanceWeights, type Row, type RowQuantizer, sumOfSquares } from './row.js';

const f = Math.fround;

const BLOCK = 32;

const levels = new Uint8Array(BLOCK);
const weights = new Float32Array(BLOCK);
const block = new Float32Array(BLOCK);

/** Mean square of the values of a row. */
const variance = ({ values, from, columns }: Row) => f(sumOfSquares(values, from, columns) / columns);

/** Rows of Q5_0. Without importance, the element of largest magnitude becomes level 0, so the scale has a sign. */
export const quantizeQ5_0: RowQuantizer = (row, out, to, putScale) => {
  const { importance } = row;
  const rowVariance = importance && variance(row);
  for (let column = 0, at = to; column < row.columns; column += BLOCK, at += 22) {
    block.set(row.values.subarray(row.from + column, row.from + column + BLOCK));
    if (importance === undefined) {
      putScale(at, nearestLevels());
    } else {
      importanceWeights(weights, block, 0, importance, column, rowVariance!);
      putScale(at, fitSymmetric(block, 0, BLOCK, 16, weights, levels));
    }
    pack(out, at + 2);
  }
};

function nearestLevels(): number {
  let extreme = 0;
  for (const x of block) if (Math.abs(x) > Math.abs(extreme)) extreme = x;
  const scale = f(extreme / -16);
  const inverse = scale === 0 ? 0 : f(1 / scale);
  for (let i = 0; i < BLOCK; i++) {
    levels[i] = Math.min(31, Math.trunc(f(f(block[i]! * inverse) + 16.5)));
  }
  return scale;
}

/** Rows of Q5_1. Without importance, the least value becomes level 0 and the largest 31. */
export const quantizeQ5_1: RowQuantizer = (row, out, to, putScale) => {
  const { importance } = row;
  const rowVariance = importance && variance(row);
  for (let column = 0, at = to; column < row.columns; column += BLOCK, at += 24) {
    block.set(row.values.subarray(row.from + column, row.from + column + BLOCK));
    if (importance === undefined) {
      const [low, high] = rangeOf(block);
      putScale(at, levelsFrom(low, high));
      putScale(at + 2, low);
    } else {
      importanceWeights(weights, block, 0, importance, column, rowVariance!);
      const attempts = { first: f(-0.9), step: f(0.05), count: 36 };
      const { scale, min } = fitAffine(block, 0, BLOCK, 31, weights, levels, attempts);
      putScale(at, scale);
      putScale(at + 2, -min);
    }
    pack(out, at + 4);
  }
};

/** Least and largest of some numbers. Of zeros with either sign, the first one, whose sign is stored. */
function rangeOf(numbers: Float32Array): [low: number, high: number] {
  let low = numbers[0]!;
  let high = low;
  for (const x of numbers) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return [low, high];
}

function levelsFrom(low: number, high: number): number {
  const scale = f(f(high - low) / 31);
  const inverse = scale === 0 ? 0 : f(1 / scale);
  for (let i = 0; i < BLOCK; i++) levels[i] = Math.trunc(f(f(f(block[i]! - low) * inverse) + 0.5));
  return scale;
}

/** Fifth bits in 4 bytes, then the low four bits of two values in each of 16 bytes. */
function pack(out: Uint8Array, at: number): void {
  let fifths = 0;
  for (let i = 0; i < BLOCK; i++) fifths |= (levels[i]! >> 4) << i;
  for (let byte = 0; byte < 4; byte++) out[at + byte] = fifths >>> (8 * byte);
  for (let j = 0; j < 16; j++) out[at + 4 + j] = (levels[j]! & 15) | ((levels[j + 16]! & 15) << 4);
}
