import type { DefiniteSolver } from '@grasp/fold';
import * as tf from '@tensorflow/tfjs-core';

/** A function from tensors to tensors whose body is tfjs code with no side effects. */
export type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor[];

/** Runs work, which is not asynchronous, where a layer's tensors belong. */
export type Scope = <T>(work: () => T) => T;

/**
 * What the decoder asks of the machine beyond tfjs itself. The default runs everything eagerly on whichever
 * backend is current; a backend that can run a function as one graph, or holds weights in half precision, says
 * so here.
 */
export interface Runtime {
  /**
   * A function with the results of `fn`, which may run as one graph. Called with the same shapes many times.
   *
   * @param options `anySizes`: one graph serves inputs of all sizes, as `fn` makes no numbers of them.
   */
  record(name: string, fn: TensorFunction, options?: { readonly anySizes: boolean }): TensorFunction;
  /** Product of two matrices, `[m, k] × [k, n]` after transposition; float32 out, whatever the weights are. */
  matMul(a: tf.Tensor, b: tf.Tensor, transposeA?: boolean, transposeB?: boolean): tf.Tensor;
  /**
   * Most entries of attention scores or logits held at once where few large operations are faster than many small ones,
   * as on a GPU. Absent: pieces are as small as suits a processor's caches.
   */
  readonly pieceEntries?: number;
  /**
   * Where a model is spread over several devices: for the bytes of each layer's weights, a scope for each layer.
   * Tensors made in it lie on the layer's device, operations run there, and their inputs are fetched from wherever they
   * are. Outside all scopes are the embedding, the head, and what goes between layers.
   */
  placement?(layerBytes: readonly number[]): readonly Scope[];
  /** Solves a refit's least squares. Absent: `@grasp/fold` does, in JavaScript. */
  readonly solveDefinite?: DefiniteSolver;
  /** Tensors of half precision, where the backend has them. */
  readonly bfloat16?: {
    /** From the raw bits of a checkpoint, in row-major order. */
    fromBits(bits: Uint16Array, shape: number[]): tf.Tensor;
    /** Rounded to nearest, ties to even. */
    fromFloat32(x: tf.Tensor): tf.Tensor;
    /** Exact. */
    toFloat32(x: tf.Tensor): tf.Tensor;
    /** Whether a tensor is held so. */
    is(x: tf.Tensor): boolean;
  };
}

/** Runs op by op on the current backend. */
export const eagerRuntime: Runtime = {
  record:
    (_name, fn) =>
    (...inputs) =>
      tf.tidy(() => fn(...inputs)),
  matMul: (a, b, transposeA = false, transposeB = false) => tf.matMul(a, b, transposeA, transposeB),
};
