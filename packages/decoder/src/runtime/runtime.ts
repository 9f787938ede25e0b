import type { DefiniteSolver } from '@grasp/fold';
import * as tf from '@tensorflow/tfjs-core';

/** A function from tensors to tensors whose body is tfjs code with no side effects. */
export type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor[];

export interface RecordOptions {
  /** `fn` does not turn the sizes of its inputs into numbers, so one graph serves all sizes. Default: false. */
  readonly anySizes?: boolean;
  /** Calls with the same shapes that run `fn` as it is, before it is recorded. Default: the runtime's. */
  readonly after?: number;
}

/** Runs synchronous work on the device of a layer. */
export type Scope = <T>(work: () => T) => T;

/**
 * The functions that a backend may do better than tfjs. The default runs everything op by op on the current backend. A
 * backend that can run a function as one graph, or hold weights in half precision, provides them here.
 */
export interface Runtime {
  /**
   * Returns a function with the results of `fn`, which may run as one graph. It is called with the same shapes many times.
   *
   */
  record(name: string, fn: TensorFunction, options?: RecordOptions): TensorFunction;
  /** Whether it is worth while to record a function that runs a whole model, as large as that is. Absent: no. */
  readonly recordsModels?: boolean;
  /** Product of two matrices, `[m, k] × [k, n]` after transposition. The result is float32 for weights of any dtype. */
  matMul(a: tf.Tensor, b: tf.Tensor, transposeA?: boolean, transposeB?: boolean): tf.Tensor;
  /**
   * Maximum number of attention scores or logits held at once, for devices such as a GPU on which few large operations are
   * faster than many small ones. Absent: pieces fit a processor's caches.
   */
  readonly pieceEntries?: number;
  /**
   * Spreads a model over several devices: returns a scope for each layer, given the bytes of each layer's weights. In a
   * scope, tensors are made and operations run on the layer's device, and inputs are fetched from other devices. The
   * embedding, the head and the tensors between layers are outside all scopes.
   */
  placement?(layerBytes: readonly number[]): readonly Scope[];
  /** Solves the refit's normal equations. Absent: `@grasp/fold` does it in JavaScript. */
  readonly solveDefinite?: DefiniteSolver;
  /** Half-precision tensors, if the backend has them. */
  readonly bfloat16?: {
    /** From the bits of a checkpoint, in row-major order. */
    fromBits(bits: Uint16Array, shape: number[]): tf.Tensor;
    /** Rounded to nearest, ties to even. */
    fromFloat32(x: tf.Tensor): tf.Tensor;
    /** Exact. */
    toFloat32(x: tf.Tensor): tf.Tensor;
    /** Whether a tensor is bfloat16. */
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
