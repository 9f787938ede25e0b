import type { UnitBlock } from '@grasp/budget';
import type * as tf from '@tensorflow/tfjs-core';
import type { MatrixSize } from '../math/lora.js';
import type { NamedTensors } from '../runtime/named-function.js';
import type { Permutation } from '../weights/permutation.js';
import type { Positions } from './rotary-positions.js';

/** The parameters of one sublayer for one question, on the host. */
export interface SublayerParameters {
  readonly permutation: Permutation;
  /** Gates of the computed units, permuted. */
  readonly gates: Float32Array;
  /** `[d]` for each norm of the sublayer; absent: 1 everywhere. */
  readonly normScales?: Float32Array | undefined;
  /** LoRA factors of the computed units' matrices, permuted. */
  readonly lora?: Float32Array | undefined;
}

/** The same as tensors, where the sublayer's weights lie. The owner of the question disposes of them. */
export interface SublayerTensors {
  readonly z: tf.Tensor; //                     [C]
  readonly norm?: tf.Tensor | undefined; //     [d] weight times scales
  readonly postNorm?: tf.Tensor | undefined; // [d]
  readonly lora?: tf.Tensor | undefined;
}

/** Tensors that a sublayer keeps between its forward and its backward pass. */
export type Saved = Readonly<Record<string, tf.Tensor | undefined>>;

/** Gated keys and values of the tokens in a cache, `[B, K, S, h]` each. */
export interface KeyValues {
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

/** Where the next token goes in a cache with room for `S` tokens, and which of them it sees. */
export interface CachePlace {
  readonly slot: tf.Tensor; //    [S, 1] 1 at its place, 0 elsewhere
  readonly visible: tf.Tensor; // [1, 1, S] added to the scores
}

/** The gradients that a backward pass computes, besides those of the gates. */
export interface WantedGradients {
  /** Of the input, `dx`. */
  readonly input: boolean;
  /** Of norm scales, and of LoRA factors if there are any. */
  readonly tuning: boolean;
  /** Products of weights and their gradients, see `weightProducts`. */
  readonly weights?: boolean;
}

export interface SublayerGradients {
  readonly dx?: tf.Tensor | undefined;
  /** Of the units in permuted order: the computed ones, then (if saved) the pruned ones. */
  readonly dz: tf.Tensor;
  readonly dNormScales?: tf.Tensor | undefined; // [d] for each norm of the sublayer
  /** Of the computed units' LoRA factors. */
  readonly dLora?: tf.Tensor | undefined;
  /** Weight times gradient of the computed units' rows, matrix after matrix: `weightProducts`. */
  readonly dWeights?: tf.Tensor | undefined;
}

/** The gradients of a sublayer's input and of all its weights, by name. */
export interface WeightGradients {
  readonly dx: tf.Tensor;
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
}

/**
 * What tokens may see in place of the causal mask, for a window of attention: added to the scores, `[B, T, T]`.
 * Undefined window: no window.
 */
export type VisibleKeys = (window: number | undefined) => tf.Tensor;

/**
 * What the passes do with pruned units: skip them always; compute them for the gradients of their gates; compute them
 * always, because they change what the others compute.
 */
export type PrunedUnits = 'skipped' | 'computed for gradients' | 'computed';

/**
 * One residual sublayer of the decoder, `y = x + post(f(pre(x)))`, with its units. It holds weights
 * only. Every pass gets the parameters of its question as tensors, and runs on weights that were permuted for them in
 * the same synchronous run.
 */
export interface Sublayer {
  readonly block: UnitBlock;
  readonly prunedUnits: PrunedUnits;
  /** Number of norms: before the sublayer, after it, or both. */
  readonly norms: number;
  /** Sizes of the matrices of that many units, in the order of the LoRA factors. */
  matrices(units: number): readonly MatrixSize[];
  /** Root mean square of the entries of each of these matrices, all units together. */
  rootMeanSquares(): Promise<number[]>;
  /** Puts the weights in the order of a permutation; does nothing if they are in it. */
  permute(permutation: Permutation): void;
  prepare(parameters: SublayerParameters): SublayerTensors;
  /** `y [N, d]` of `x [N, d]`. */
  forward(x: tf.Tensor, tensors: SublayerTensors, positions: Positions, visible?: VisibleKeys): tf.Tensor;
  /**
   * The tensors of a step besides its input. A step reads one more token of a row.
   *
   * @param past of attention: what is cached, a full window or with room at `place`.
   */
  stepTensors(
    tensors: SublayerTensors,
    positions: Positions,
    past?: KeyValues,
    place?: CachePlace,
  ): NamedTensors;
  /** `y [1, d]` of `x [1, d]` and those tensors. Attention returns what is cached, with the token's. */
  step(x: tf.Tensor, tensors: NamedTensors): { readonly y: tf.Tensor } & Partial<KeyValues>;
  /** The same as `forward`, with the tensors that `backward` needs. `pruned`: also for the gate gradients of pruned units. */
  forwardSaving(
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    pruned: boolean,
  ): { y: tf.Tensor; saved: Saved };
  backward(
    dy: tf.Tensor,
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    saved: Saved,
    wanted: WantedGradients,
  ): SublayerGradients;
  /**
   * The gradients of the input and of all weights, by name, after `forwardSaving`. All units must be computed and LoRA be
   * absent.
   */
  weightGradients(
    dy: tf.Tensor,
    x: tf.Tensor,
    tensors: SublayerTensors,
    positions: Positions,
    saved: Saved,
  ): WeightGradients;
  /** All weights by name, with the units in their own order. They belong to the sublayer. */
  allWeights(): ReadonlyMap<string, tf.Tensor>;
  /** Replaces weights by tensors of the same shapes, which then belong to the sublayer. */
  replaceWeights(values: ReadonlyMap<string, tf.Tensor>): void;
  /** Runs synchronous work where the sublayer's tensors lie. */
  run<T>(work: () => T): T;
  /** The inputs of the output matrix, `[N, C·w]`: `w` gated entries for each of the `C` computed units. */
  outputInputs(x: tf.Tensor, tensors: SublayerTensors, positions: Positions): tf.Tensor;
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
