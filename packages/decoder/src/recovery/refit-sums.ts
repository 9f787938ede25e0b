/**
 * The tensor functions of a refit. Dims: N tokens, d hidden, U·w inputs of an output matrix, P of computed units.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type OutputInputs, type ResidualShape, residualOutput } from '../math/residual.js';
import { namedFunction } from '../runtime/named-function.js';
import type { Runtime } from '../runtime/runtime.js';

/** Sums over tokens, for the normal equations of one output matrix. */
export type RefitSums = {
  readonly gram: tf.Tensor; //    [P, P]
  readonly cross: tf.Tensor; //   [P, d]
  readonly squares: tf.Tensor; // []
};

export type RefitSumInputs = Partial<RefitSums> & {
  readonly h: tf.Tensor; //                  [N, U·w]
  readonly output: tf.Tensor; //             [U·w, d]
  readonly columns: tf.Tensor; //            [P] of `h`
  /** Dense stream minus pruned stream, and the share of it that the target includes. */
  readonly gap?: tf.Tensor | undefined; //   [N, d]
  readonly share?: tf.Tensor | undefined; // []
};

export function refitFunctions(runtime: Runtime, shape: ResidualShape) {
  return {
    /** Adds one batch to the sums, and picks the inputs of the computed units, `[N, P]`. */
    sums: namedFunction(runtime, 'refit-sums', (i: RefitSumInputs) => refitSums(runtime, i)),
    /** The sublayer's output by its new matrix. */
    output: namedFunction(runtime, 'refit-output', (i: OutputInputs) => ({
      y: residualOutput(runtime, shape, i, []).y,
    })),
  };
}

function refitSums(
  runtime: Runtime,
  { h, output, columns, gap, share, ...earlier }: RefitSumInputs,
): RefitSums & { inputs: tf.Tensor } {
  const own = runtime.matMul(h, output); // [N, d]
  const target = gap && share ? tf.add(own, tf.mul(gap, share)) : own;
  const kept = tf.gather(h, columns, 1); // [N, P]
  // In float32 for any weights: a Gram matrix that is rounded to bfloat16 need not be positive definite.
  const gram = runtime.matMul(kept, kept, true, false); // [P, P]
  const cross = runtime.matMul(kept, target, true, false); // [P, d]
  const inputs = runtime.bfloat16?.is(output) ? runtime.bfloat16.fromFloat32(kept) : kept;
  const squares = tf.sum(tf.square(target)); // []
  if (!earlier.gram || !earlier.cross || !earlier.squares) return { gram, cross, squares, inputs };
  return {
    inputs,
    gram: tf.add(earlier.gram, gram),
    cross: tf.add(earlier.cross, cross),
    squares: tf.add(earlier.squares, squares),
  };
}
