/**
 * Shapes and tensors of the gated attention sublayer, shared by its forward and backward pass.
 *
 * Dims: B rows, T tokens a row, N = B·T, S tokens attended to (T, and the cached ones before them), d hidden,
 * h head dimension, K computed groups, P pruned groups, G query heads of a group. Weights are unit-major: `h` (key,
 * value) or `G·h` (query, output) rows per group.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { QueryKeyNorm } from '../../spec/decoder-traits.js';
import { type Lora, type MatrixSize, splitLora } from '../lora.js';
import type { ResidualNorms, ResidualShape } from '../residual.js';
import type { RotaryTable } from '../rotary.js';
import type { SavedDType } from '../saved-activation.js';

export interface HeadSizes {
  readonly headDim: number;
  /** Query heads that share one KV head. */
  readonly queriesPerKvHead: number;
}

/** Facts that all attention layers of a model with the same window share. */
export interface AttentionShape extends HeadSizes, ResidualShape, SavedDType {
  readonly gateKeys: boolean;
  readonly queryKeyNorm: QueryKeyNorm;
  /** Factor on the products of queries and keys. */
  readonly scale: number;
  /** Soft cap of those products. */
  readonly cap?: number | undefined;
  /** Most keys that a query sees, itself included. Undefined: all before it. */
  readonly window?: number | undefined;
  /**
   * Number of queries in a block, given the number of scores of one query over all rows and heads. A block meets the
   * keys that its queries see, so other scores are never computed.
   */
  readonly queryBlock: (scores: number) => number;
}

export type AttentionInputs = ResidualNorms &
  RotaryTable & {
    readonly x: tf.Tensor; //          [N, d]
    readonly queryKeyC: tf.Tensor; //  [K·(G + 1)·h, d] each group's queries, then its key
    readonly valueC: tf.Tensor; //     [K·h, d]
    readonly outputC: tf.Tensor; //    [K·G·h, d]
    readonly z: tf.Tensor; //          [K]
    readonly queryKeyBiasC?: tf.Tensor | undefined;
    readonly valueBiasC?: tf.Tensor | undefined;
    readonly outputBias?: tf.Tensor | undefined; // [d]
    /** Weights of the norm on each head's query and key. */
    readonly queryKeyNorm?: tf.Tensor | undefined; // [G + 1, 1, h] or [K, G + 1, 1, h]
    readonly valueP?: tf.Tensor | undefined; //     [P·h, d]
    readonly valueBiasP?: tf.Tensor | undefined; // [P·h]
    /** Keys (rotated) and values of earlier tokens, gated: `[B, K, S − T, h]`. */
    readonly pastKey?: tf.Tensor | undefined;
    readonly pastValue?: tf.Tensor | undefined;
    /** 1 at the place of the one token in a cache that has room for more, 0 elsewhere: `[S, 1]`. Past ones are then `[B, K, S, h]`. */
    readonly slot?: tf.Tensor | undefined;
    /** Added to the scores in place of the causal mask, `[B, T, T]`; `[B, 1, S]` with a slot. */
    readonly visible?: tf.Tensor | undefined;
    /** LoRA factors of the computed groups' matrices. */
    readonly lora?: tf.Tensor | undefined;
  };

/** Saved for the backward pass. */
export type AttentionSaved = {
  readonly query: tf.Tensor; //      [B, K, G, T, h] rotated
  readonly key: tf.Tensor; //        [B, K, T, h] rotated, not gated
  readonly value: tf.Tensor; //      [B, K, T, h] not gated
  readonly mixed: tf.Tensor; //      [N, K·G·h] attention's output before W_o
  readonly rawQueryKey?: tf.Tensor | undefined; // [B, K, G + 1, T, h] before its norm
  readonly valuesP?: tf.Tensor | undefined; //     [B, T, P, h]
  readonly output?: tf.Tensor | undefined; //      [N, d] before the post norm
};

/** `[N, heads·h]` → `[B, heads, T, h]`. */
export function splitHeads(x: tf.Tensor, tokens: number, headDim: number): tf.Tensor {
  const [rows, width] = x.shape as [number, number];
  return tf.transpose(tf.reshape(x, [rows / tokens, tokens, width / headDim, headDim]), [0, 2, 1, 3]);
}

/** `[B, heads, T, h]` → `[N, heads·h]`. */
export function mergeHeads(x: tf.Tensor): tf.Tensor {
  const [batch, heads, tokens, headDim] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch * tokens, heads * headDim]);
}

/** The gate of each group, shaped to multiply `[B, K, S, h]`. */
export function perGroup(z: tf.Tensor): tf.Tensor {
  return tf.reshape(z, [-1, 1, 1]);
}

/** Sizes of an attention's matrices, in the order of its LoRA factors: each group's queries and key; values; output. */
export function attentionMatrices(
  { hiddenSize: d, headDim: h, queriesPerKvHead: G }: HeadSizes & { readonly hiddenSize: number },
  kvHeads: number,
): MatrixSize[] {
  return [
    [d, kvHeads * (G + 1) * h],
    [d, kvHeads * h],
    [kvHeads * G * h, d],
  ];
}

/** LoRA of queries and keys, values, and output; empty if there is none. */
export function lorasOf(
  shape: AttentionShape,
  { lora, valueC }: Pick<AttentionInputs, 'lora' | 'valueC'>,
): Lora[] {
  if (!lora) return [];
  const [rows, hiddenSize] = valueC.shape as [number, number];
  return splitLora(lora, attentionMatrices({ ...shape, hiddenSize }, rows / shape.headDim));
}

/** The factor on keys: that of the scores, times the gate if it covers keys. */
export function keyFactor({ gateKeys, scale }: AttentionShape, z: tf.Tensor): tf.Tensor {
  return gateKeys ? tf.mul(perGroup(z), scale) : tf.scalar(scale);
}
