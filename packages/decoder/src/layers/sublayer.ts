import type { UnitBlock } from '@grasp/budget';
import type { GradientOptions } from '@grasp/gates';
import * as tf from '@tensorflow/tfjs-core';
import type { ArrangedWeights } from '../weights/permuted-weights.js';
import { type Arrangement, arrange, identityArrangement } from '../weights/permutation.js';
import type { GainedNorm } from '../gained-norm.js';
import type { RotaryTable } from '../math/rotary.js';
import type { SublayerFactors } from '../sublayer-factors.js';

/** Tensors a sublayer keeps between its forward and its backward pass. */
export type Saved = Readonly<Record<string, tf.Tensor | undefined>>;

/** Keys and values of the tokens a cache holds, `[B, K, S, h]` each. */
export interface KeyValues {
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

/** What a backward pass computes beside the gates' gradients. */
export interface WantedGradients {
  /** That of the input, `dx`. */
  readonly input: boolean;
  /** That of the norm's gains. */
  readonly norm: boolean;
}

export interface SublayerGradients {
  readonly dx?: tf.Tensor | undefined;
  readonly dz: tf.Tensor;
  readonly dGain?: tf.Tensor | undefined;
  /** Of corrections' factors, of the computed units. */
  readonly dFactors?: tf.Tensor | undefined;
}

/** One residual sublayer of the decoder, `y = x + f(norm(x))`, with the units it is made of. */
export interface Sublayer {
  readonly block: UnitBlock;
  /** Lays the weights out for these gates; the passes that follow use them. */
  setGates(gates: Float32Array, units: NonNullable<GradientOptions['units']>): void;
  /** `y [N, d]` of `x [N, d]`. `visible [B, T, T]` serves in place of the causal mask. */
  forward(x: tf.Tensor, rotary: RotaryTable, visible?: tf.Tensor): tf.Tensor;
  /** The same, with what `backward` needs. `pruned` asks for the pruned units' gate gradients too. */
  forwardSaving(x: tf.Tensor, rotary: RotaryTable, pruned: boolean): { y: tf.Tensor; saved: Saved };
  /** The gradients wanted, and dL/dz of the units in arranged order: the computed ones, then (where saved) the pruned. */
  backward(
    dy: tf.Tensor,
    x: tf.Tensor,
    rotary: RotaryTable,
    saved: Saved,
    wanted: WantedGradients,
  ): SublayerGradients;
  readonly norm: GainedNorm;
  readonly factors: SublayerFactors;
  readonly arrangement: Arrangement;
  /** Runs work where the sublayer's tensors lie. */
  run<T>(work: () => T): T;
  /** What the output matrix multiplies, `[N, C·w]`: `w` gated entries for each of the `C` computed units. */
  outputInputs(x: tf.Tensor, rotary: RotaryTable): tf.Tensor;
  /** Rows of the output matrix of the computed units, `[C·w, d]`, in arranged order. Not the caller's to dispose of. */
  readonly outputMatrix: tf.Tensor;
  readonly outputBias: tf.Tensor | undefined; // [d]
  /** Replaces the output matrix by another of all units, `[units·w, d]` in their own order, which is copied. */
  setOutputMatrix(matrix: tf.Tensor): void;
  dispose(): void;
}

/** A sublayer's weights in the order its gates ask for, and the gates of the computed units. */
export class GatedUnits {
  private z: tf.Tensor;

  constructor(
    readonly block: UnitBlock,
    readonly weights: ArrangedWeights,
    /** Whether pruned units have a gradient that needs no full computation. */
    private readonly canSkipPruned: boolean,
  ) {
    this.z = tf.keep(tf.ones([block.count]));
  }

  /** Gates of the computed units, in arranged order. */
  get gates(): tf.Tensor {
    return this.z;
  }

  set(gates: Float32Array, units: NonNullable<GradientOptions['units']>): void {
    const { start, count } = this.block;
    const skip = units === 'kept' || this.canSkipPruned;
    const next = skip ? arrange(this.block, gates) : identityArrangement(count);
    this.weights.rearrange(next);
    const z = Float32Array.from({ length: next.computed }, (_, i) => gates[start + next.order[i]!]!);
    this.z.dispose();
    this.z = tf.keep(tf.tensor1d(z));
  }

  dispose(): void {
    this.z.dispose();
    this.weights.dispose();
  }
}
