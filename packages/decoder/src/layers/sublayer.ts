import type { UnitBlock } from '@grasp/budget';
import type * as tf from '@tensorflow/tfjs-core';
import type { MatrixSize } from '../math/lora.js';
import type { RotaryTable } from '../math/rotary.js';
import type { Permutation } from '../weights/permutation.js';

/** The parameters of one sublayer for one question, on the host. */
export interface SublayerParameters {
  readonly permutation: Permutation;
  /** Gates of the computed units, permuted. */
  readonly gates: Float32Array;
  /** `[d]`; absent: 1 everywhere. */
  readonly normScales?: Float32Array | undefined;
  /** LoRA factors of the computed units' matrices, permuted. */
  readonly lora?: Float32Array | undefined;
}

/** The same as tensors, where the sublayer's weights lie. The owner of the question disposes of them. */
export interface SublayerTensors {
  readonly z: tf.Tensor; //                   [C]
  readonly norm: tf.Tensor; //                [d] weight times scales
  readonly lora?: tf.Tensor | undefined;
}

/** Tensors that a sublayer keeps between its forward and its backward pass. */
export type Saved = Readonly<Record<string, tf.Tensor | undefined>>;

/** Gated keys and values of the tokens in a cache, `[B, K, S, h]` each. */
export interface KeyValues {
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

/** The gradients that a backward pass computes, besides those of the gates. */
export interface WantedGradients {
  /** Of the input, `dx`. */
  readonly input: boolean;
  /** Of norm scales, and of LoRA factors if there are any. */
  readonly tuning: boolean;
}

export interface SublayerGradients {
  readonly dx?: tf.Tensor | undefined;
  /** Of the units in permuted order: the computed ones, then (if saved) the pruned ones. */
  readonly dz: tf.Tensor;
  readonly dNormScales?: tf.Tensor | undefined; // [d]
  /** Of the computed units' LoRA factors. */
  readonly dLora?: tf.Tensor | undefined;
}

/**
 * One residual sublayer of the decoder, `y = x + f(norm(x))`, with its units. It holds weights
 * only. Every pass gets the parameters of its question as tensors, and runs on weights that were permuted for them in
 * the same synchronous run.
 */
export interface Sublayer {
  readonly block: UnitBlock;
  /** Whether pruned units have gate gradients that need no full computation. */
  readonly canSkipPruned: boolean;
  /** Sizes of the matrices of that many units, in the order of the LoRA factors. */
  matrices(units: number): readonly MatrixSize[];
  /** Puts the weights in the order of a permutation; does nothing if they are in it. */
  permute(permutation: Permutation): void;
  prepare(parameters: SublayerParameters): SublayerTensors;
  /** `y [N, d]` of `x [N, d]`. `visible [B, T, T]` replaces the causal mask. */
  forward(x: tf.Tensor, tensors: SublayerTensors, rotary: RotaryTable, visible?: tf.Tensor): tf.Tensor;
  /** The same, with the tensors that `backward` needs. `pruned`: also for the gate gradients of pruned units. */
  forwardSaving(
    x: tf.Tensor,
    tensors: SublayerTensors,
    rotary: RotaryTable,
    pruned: boolean,
  ): { y: tf.Tensor; saved: Saved };
  backward(
    dy: tf.Tensor,
    x: tf.Tensor,
    tensors: SublayerTensors,
    rotary: RotaryTable,
    saved: Saved,
    wanted: WantedGradients,
  ): SublayerGradients;
  /** Runs synchronous work where the sublayer's tensors lie. */
  run<T>(work: () => T): T;
  /** The inputs of the output matrix, `[N, C·w]`: `w` gated entries for each of the `C` computed units. */
  outputInputs(x: tf.Tensor, tensors: SublayerTensors, rotary: RotaryTable): tf.Tensor;
  /** Rows of the output matrix of the computed units, permuted: `[C·w, d]`. Owned by the sublayer. */
  readonly outputMatrix: tf.Tensor;
  readonly outputBias: tf.Tensor | undefined; // [d]
  /**
   * Replaces rows of the output matrix.
   *
   * @param rows indices among all units' rows, units in their own order; `n` of them.
   * @param values float32, `n` rows of `d` entries.
   */
  replaceOutputRows(rows: Uint32Array, values: Float32Array): void;
  dispose(): void;
}
