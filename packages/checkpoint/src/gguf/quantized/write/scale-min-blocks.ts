import { type Attempts, fitAffine } from './fit-affine.js';
import { fitPositive } from './fit-positive.js';
import { clamp, nearestInt } from './nearest-int.js';
import { importanceWeights, type PutScale, type Row, type RowQuantizer, sumOfSquares } from './row.js';

const f = Math.fround;

/** Values of a super-block, of a sub-block, and sub-blocks of a super-block. */
const [BLOCK, SUB, SUBS] = [256, 32, 8];

const IMPORTANCE_ATTEMPTS: Attempts = { first: f(-0.9), step: f(0.05), count: 36 };

const weights = new Float32Array(SUB);
const scales = new Float32Array(SUBS);
const mins = new Float32Array(SUBS);
const scaleLevels = new Uint8Array(SUBS);
const minLevels = new Uint8Array(SUBS);
const levels = new Uint8Array(BLOCK);
const block = new Float32Array(BLOCK);

/** Rows of Q4_K (without `high`) and Q5_K, whose sub-blocks have a scale and a minimum. */
function scaleMinRow(
  bits: 4 | 5,
  attempts: Attempts,
  { values, from, columns, importance }: Row,
  out: Uint8Array,
  to: number,
  putScale: PutScale,
): void {
  const top = 2 ** bits - 1;
  const blockBytes = bits === 4 ? 144 : 176;
  for (let column = 0, at = to; column < columns; column += BLOCK, at += blockBytes) {
    block.set(values.subarray(from + column, from + column + BLOCK));
    const scale =
      importance === undefined ? fitPlain(top, attempts) : fitByImportance(top, importance, column);
    packScales(out, at + 4);
    const d = putScale(at, scale.d);
    const dmin = putScale(at + 2, scale.dmin);
    for (let sub = 0; sub < SUBS; sub++) {
      const step = f(d * scaleLevels[sub]!);
      if (step === 0) continue;
      const min = f(dmin * minLevels[sub]!);
      for (let i = SUB * sub; i < SUB * (sub + 1); i++) {
        levels[i] = clamp(nearestInt(f(f(block[i]! + min) / step)), 0, top);
      }
    }
    packLevels(bits, out, at + 16);
  }
}

interface BlockScales {
  readonly d: number;
  readonly dmin: number;
}

/** Values weigh by their magnitude. Scales and minima are rounded to 63rds of the largest. */
function fitPlain(top: number, attempts: Attempts): BlockScales {
  for (let sub = 0; sub < SUBS; sub++) {
    const deviation = f(Math.sqrt(f(sumOfSquares(block, SUB * sub, SUB) / SUB)));
    for (let i = 0; i < SUB; i++) weights[i] = deviation + Math.abs(block[SUB * sub + i]!);
    const fit = fitAffine(block, SUB * sub, SUB, top, weights, levels, attempts);
    scales[sub] = fit.scale;
    mins[sub] = fit.min;
  }
  return { d: roundTo63rds(scales, scaleLevels), dmin: roundTo63rds(mins, minLevels) };
}

/** Levels of numbers as parts of their largest, which is 63 of them. Returns a part. */
function roundTo63rds(numbers: Float32Array, parts: Uint8Array): number {
  let largest = 0;
  for (const x of numbers) if (x > largest) largest = x;
  const inverse = largest > 0 ? f(63 / largest) : 0;
  for (let i = 0; i < SUBS; i++) parts[i] = Math.min(63, nearestInt(f(inverse * numbers[i]!)) & 255);
  return f(largest / 63);
}

function fitByImportance(top: number, importance: Float32Array, column: number): BlockScales {
  const variance = f(f(2 * sumOfSquares(block, 0, BLOCK)) / BLOCK);
  const sums = new Float32Array(SUBS);
  for (let sub = 0; sub < SUBS; sub++) {
    importanceWeights(weights, block, SUB * sub, importance, column + SUB * sub, variance);
    for (const weight of weights) sums[sub]! += weight;
    const fit = fitAffine(block, SUB * sub, SUB, top, weights, levels, IMPORTANCE_ATTEMPTS);
    scales[sub] = fit.scale;
    mins[sub] = fit.min;
  }
  return {
    d: fitPositive(scales, 63, sums, scaleLevels),
    dmin: fitPositive(mins, 63, sums, minLevels),
  };
}

/** Eight scales and minima of 6 bits in 12 bytes: see `k-scales.ts`. */
function packScales(out: Uint8Array, at: number): void {
  for (let sub = 0; sub < 4; sub++) {
    const [scale, min] = [scaleLevels[sub + 4]!, minLevels[sub + 4]!];
    out[at + sub] = scaleLevels[sub]! | ((scale >> 4) << 6);
    out[at + sub + 4] = minLevels[sub]! | ((min >> 4) << 6);
    out[at + sub + 8] = (scale & 15) | ((min & 15) << 4);
  }
}

/** Fifth bits, if there are any, then the low four bits of two sub-blocks in 32 bytes. */
function packLevels(bits: 4 | 5, out: Uint8Array, at: number): void {
  const low = bits === 4 ? at : at + SUB;
  for (let j = 0; j < SUB; j++) {
    let fifths = 0;
    for (let pair = 0; pair < 4; pair++) {
      const [a, b] = [levels[64 * pair + j]!, levels[64 * pair + SUB + j]!];
      out[low + SUB * pair + j] = (a & 15) | ((b & 15) << 4);
      fifths |= ((a >> 4) << (2 * pair)) | ((b >> 4) << (2 * pair + 1));
    }
    if (bits === 5) out[at + j] = fifths;
  }
}

export const quantizeQ4K: RowQuantizer = (...given) =>
  scaleMinRow(4, { first: -1, step: f(0.1), count: 20 }, ...given);

export const quantizeQ5K: RowQuantizer = (...given) =>
  scaleMinRow(5, { first: -0.5, step: f(0.1), count: 15 }, ...given);
