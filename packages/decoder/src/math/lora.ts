/**
 * Corrections of low rank beside frozen matrices: `y = x·W + (x·A)·B`, where `A` and `B` are tuned and their product is
 * added to the matrix in the end (LoRA, arXiv 2106.09685).
 *
 * A sublayer's corrections are one vector, its factors: for each of its matrices `A`, then `B`, row-major.
 *
 * Dims: N tokens, n inputs of a matrix, m outputs, r rank.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../runtime/runtime.js';

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

/** The first factors of matrices that read the same input, side by side, so that they share one product. */
function sideBySide(corrections: readonly LowRank[]): tf.Tensor {
  const first = corrections.map(({ a }) => a);
  return first.length === 1 ? first[0]! : tf.concat(first, 1); // [n, k·r]
}

/** The part of each of `k` corrections in what {@link sideBySide} made. */
function apart(together: tf.Tensor, k: number): tf.Tensor[] {
  return k === 1 ? [together] : tf.split(together, k, 1);
}

/** `y + (x·A)·B`, `[N, m]`, for each of the products `y` of one input; these themselves without corrections. */
export function corrected(
  runtime: Runtime,
  products: readonly tf.Tensor[],
  x: tf.Tensor,
  corrections: readonly LowRank[],
): tf.Tensor[] {
  if (corrections.length === 0) return [...products];
  const inner = apart(runtime.matMul(x, sideBySide(corrections)), corrections.length); // [N, r] each
  return products.map((y, i) => tf.add(y, runtime.matMul(inner[i]!, corrections[i]!.b)));
}

/**
 * What corrections of matrices with one input add to `dx [N, n]`, and the gradients of their factors as one vector.
 *
 * @param dys of each product's result, `[N, m]`
 */
export function correctionGradient(
  runtime: Runtime,
  x: tf.Tensor,
  corrections: readonly LowRank[],
  dys: readonly tf.Tensor[],
): { readonly dx: tf.Tensor; readonly dFactors: tf.Tensor } {
  const k = corrections.length;
  const a = sideBySide(corrections);
  const half = runtime.bfloat16?.is(a) ? runtime.bfloat16.fromFloat32 : (t: tf.Tensor) => t;
  const inner = apart(half(runtime.matMul(x, a)), k); // [N, r] each
  const dInners = corrections.map(({ b }, i) => runtime.matMul(dys[i]!, b, false, true));
  const dInner = half(k === 1 ? dInners[0]! : tf.concat(dInners, 1)); // [N, k·r]
  const da = apart(runtime.matMul(x, dInner, true, false), k); // [n, r] each
  const db = dys.map((dy, i) => runtime.matMul(inner[i]!, dy, true, false)); // [r, m] each
  return {
    dx: runtime.matMul(dInner, a, false, true),
    dFactors: tf.concat(da.flatMap((one, i) => [tf.reshape(one, [-1]), tf.reshape(db[i]!, [-1])])),
  };
}

/** Copies matrices packed one after another into larger ones, the rest being 0, or out of them again. */
function repack(from: Float32Array, to: Float32Array, sizes: readonly (readonly [MatrixSize, MatrixSize])[]) {
  let [read, write] = [0, 0];
  for (const [[rows, columns], [targetRows, targetColumns]] of sizes) {
    const [height, width] = [Math.min(rows, targetRows), Math.min(columns, targetColumns)];
    // Rows that stay as wide as they are move in one piece.
    const [pieces, size] = columns === targetColumns ? [1, height * width] : [height, width];
    for (let piece = 0; piece < pieces; piece++) {
      const start = read + piece * columns;
      to.set(from.subarray(start, start + size), write + piece * targetColumns);
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

/**
 * Factors of some matrices as those of others, wider or narrower; entries that only the wider ones have are 0.
 *
 * @param resized where they go: all 0.
 */
export function resizeFactors(
  factors: Float32Array,
  sizes: readonly MatrixSize[],
  target: readonly MatrixSize[],
  resized: Float32Array,
): void {
  const r = factors.length / factorCount(sizes);
  const to = matrices(target, r);
  repack(
    factors,
    resized,
    matrices(sizes, r).map((size, i) => [size, to[i]!] as const),
  );
}
