/**
 * LoRA (arXiv 2106.09685) beside frozen matrices: `y = x·W + (x·A)·B`. `A` and `B` are trained, and their product is
 * added to the matrix in the end.
 *
 * The factors of a sublayer are one vector: for each of its matrices `A`, then `B`, row-major.
 *
 * Dims: N tokens, n inputs of a matrix, m outputs, r rank.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../runtime/runtime.js';

/** Inputs and outputs of a matrix. */
export type MatrixSize = readonly [inputs: number, outputs: number];

export interface Lora {
  readonly a: tf.Tensor; // [n, r]
  readonly b: tf.Tensor; // [r, m]
}

/** Number of factors of matrices of these sizes, at rank 1. */
export function loraSize(sizes: readonly MatrixSize[]): number {
  return sizes.reduce((sum, [n, m]) => sum + n + m, 0);
}

/** The factors of each matrix, from one vector `[r · loraSize(sizes)]`. */
export function splitLora(factors: tf.Tensor, sizes: readonly MatrixSize[]): Lora[] {
  const r = factors.size / loraSize(sizes);
  let start = 0;
  const next = (rows: number, columns: number) => {
    const part = tf.reshape(tf.slice(factors, [start], [rows * columns]), [rows, columns]);
    start += rows * columns;
    return part;
  };
  return sizes.map(([n, m]) => ({ a: next(n, r), b: next(r, m) }));
}

/** The `A` of matrices with the same input, side by side, so that they share one product: `[n, k·r]`. */
function sideBySide(loras: readonly Lora[]): tf.Tensor {
  const first = loras.map(({ a }) => a);
  return first.length === 1 ? first[0]! : tf.concat(first, 1); // [n, k·r]
}

/** Undoes {@link sideBySide} for `k` matrices. */
function apart(together: tf.Tensor, k: number): tf.Tensor[] {
  return k === 1 ? [together] : tf.split(together, k, 1);
}

/** `y + (x·A)·B`, `[N, m]`, for each of the products `y` of one input. Without LoRA: the products themselves. */
export function withLora(
  runtime: Runtime,
  products: readonly tf.Tensor[],
  x: tf.Tensor,
  loras: readonly Lora[],
): tf.Tensor[] {
  if (loras.length === 0) return [...products];
  const inner = apart(runtime.matMul(x, sideBySide(loras)), loras.length); // [N, r] each
  return products.map((y, i) => tf.add(y, runtime.matMul(inner[i]!, loras[i]!.b)));
}

/**
 * The part that LoRA of matrices with one input adds to `dx [N, n]`, and the gradients of the factors as one vector.
 *
 * @param dys gradient of each product's result, `[N, m]`.
 */
export function loraGradient(
  runtime: Runtime,
  x: tf.Tensor,
  loras: readonly Lora[],
  dys: readonly tf.Tensor[],
): { readonly dx: tf.Tensor; readonly dLora: tf.Tensor } {
  const k = loras.length;
  const a = sideBySide(loras);
  const half = runtime.bfloat16?.is(a) ? runtime.bfloat16.fromFloat32 : (t: tf.Tensor) => t;
  const inner = apart(half(runtime.matMul(x, a)), k); // [N, r] each
  const dInners = loras.map(({ b }, i) => runtime.matMul(dys[i]!, b, false, true));
  const dInner = half(k === 1 ? dInners[0]! : tf.concat(dInners, 1)); // [N, k·r]
  const da = apart(runtime.matMul(x, dInner, true, false), k); // [n, r] each
  const db = dys.map((dy, i) => runtime.matMul(inner[i]!, dy, true, false)); // [r, m] each
  return {
    dx: runtime.matMul(dInner, a, false, true),
    dLora: tf.concat(da.flatMap((one, i) => [tf.reshape(one, [-1]), tf.reshape(db[i]!, [-1])])),
  };
}

/** Copies packed matrices into larger ones, or back. Entries that only the larger ones have keep their value. */
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
 * Copies the factors of some matrices to those of wider or narrower ones.
 *
 * @param resized receives them; all 0, so that entries that only the wider ones have stay 0.
 */
export function resizeLora(
  factors: Float32Array,
  sizes: readonly MatrixSize[],
  target: readonly MatrixSize[],
  resized: Float32Array,
): void {
  const r = factors.length / loraSize(sizes);
  const to = matrices(target, r);
  repack(
    factors,
    resized,
    matrices(sizes, r).map((size, i) => [size, to[i]!] as const),
  );
}
