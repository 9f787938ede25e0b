/**
 * Corrections of low rank beside frozen matrices: `y = x·W + (x·A)·B`, where `A` and `B` are tuned and their product is
 * added to the matrix in the end (LoRA, arXiv 2106.09685).
 *
 * A sublayer's corrections are one vector, its factors: for each of its matrices `A`, then `B`, row-major.
 *
 * Dims: N tokens, n inputs of a matrix, m outputs, r rank.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from './runtime.js';

/** Inputs and outputs of a corrected matrix. */
export type MatrixSize = readonly [inputs: number, outputs: number];

export interface LowRank {
  readonly a: tf.Tensor; // [n, r]
  readonly b: tf.Tensor; // [r, m]
}

/** How many factors matrices of these sizes have, at rank 1. */
export function factorCount(sizes: readonly MatrixSize[]): number {
  return sizes.reduce((sum, [n, m]) => sum + n + m, 0);
}

/** The factors of each matrix, out of `[r · factorCount(sizes)]`. */
export function splitFactors(factors: tf.Tensor, sizes: readonly MatrixSize[]): LowRank[] {
  const r = factors.size / factorCount(sizes);
  let start = 0;
  const next = (rows: number, columns: number) => {
    const part = tf.reshape(tf.slice(factors, [start], [rows * columns]), [rows, columns]);
    start += rows * columns;
    return part;
  };
  return sizes.map(([n, m]) => ({ a: next(n, r), b: next(r, m) }));
}

/** `y + (x·A)·B`, `[N, m]`; `y` itself without a correction. */
export function corrected(runtime: Runtime, y: tf.Tensor, x: tf.Tensor, correction: LowRank | undefined) {
  if (!correction) return y;
  return tf.add(y, runtime.matMul(runtime.matMul(x, correction.a), correction.b));
}

/**
 * What a correction adds to `dx [N, n]`, and the gradients of its factors as one vector.
 *
 * @param dy of the product's result, `[N, m]`
 */
export function correctionGradient(
  runtime: Runtime,
  x: tf.Tensor,
  { a, b }: LowRank,
  dy: tf.Tensor,
): { readonly dx: tf.Tensor; readonly dFactors: tf.Tensor } {
  const half = runtime.bfloat16?.is(a) ? runtime.bfloat16.fromFloat32 : (t: tf.Tensor) => t;
  const inner = half(runtime.matMul(x, a)); // [N, r]
  const dInner = half(runtime.matMul(dy, b, false, true)); // [N, r]
  const da = runtime.matMul(x, dInner, true, false); // [n, r]
  const db = runtime.matMul(inner, dy, true, false); // [r, m]
  return {
    dx: runtime.matMul(dInner, a, false, true),
    dFactors: tf.concat([tf.reshape(da, [-1]), tf.reshape(db, [-1])]),
  };
}

/** Copies matrices packed one after another into larger ones, the rest being 0, or out of them again. */
function repack(from: Float32Array, to: Float32Array, sizes: readonly (readonly [MatrixSize, MatrixSize])[]) {
  let [read, write] = [0, 0];
  for (const [[rows, columns], [targetRows, targetColumns]] of sizes) {
    const width = Math.min(columns, targetColumns);
    for (let row = 0; row < Math.min(rows, targetRows); row++) {
      const start = read + row * columns;
      to.set(from.subarray(start, start + width), write + row * targetColumns);
    }
    read += rows * columns;
    write += targetRows * targetColumns;
  }
}

/** Sizes of all `A` and `B`. */
const matrices = (sizes: readonly MatrixSize[], r: number): MatrixSize[] =>
  sizes.flatMap(([n, m]): MatrixSize[] => [
    [n, r],
    [r, m],
  ]);

/** Factors of some matrices as those of others, wider or narrower; entries that only the wider ones have are 0. */
export function resizeFactors(
  factors: Float32Array,
  sizes: readonly MatrixSize[],
  target: readonly MatrixSize[],
): Float32Array {
  const r = factors.length / factorCount(sizes);
  const resized = new Float32Array(r * factorCount(target));
  const to = matrices(target, r);
  repack(
    factors,
    resized,
    matrices(sizes, r).map((size, i) => [size, to[i]!] as const),
  );
  return resized;
}
