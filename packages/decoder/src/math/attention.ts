/**
 * The gated attention sublayer, forward and backward.
 *
 * The gate of a KV group multiplies its keys (after rotation) and values, or its values alone, as the
 * architecture says. Groups come in two sets, as channels do in the FFN: computed ones (`…C`) run in full. Of a
 * pruned group (`…P`) with keys and values gated to 0, attention is uniform over the prefix and its output is 0,
 * so its gate's gradient needs no query, key or softmax: `dL/dz = Σ_t mean(v_0 … v_t) · Σ_heads dO_t`.
 *
 * Dims: B rows, T tokens a row, N = B·T, S tokens attended to (T, and the cached ones before them), d hidden,
 * h head size, K computed groups, P pruned groups, G query heads a group. Weights are unit-major: `h` (key,
 * value) or `G·h` (query, output) rows per group.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attentionMatrices } from '../recovery/lora-parameters.js';
import { corrected, correctionGradient, type LowRank, splitFactors } from './lora.js';
import { blockOf, causalMask, maskBlock, prefixOf, queryBlocks, weightsOf } from './query-blocks.js';
import { rmsNorm, rmsNormGradient, rmsNormWeightGradient } from './rms-norm.js';
import { rotate, rotateBack } from './rotary.js';
import type { Runtime } from '../runtime/runtime.js';

/** What is the same for every attention layer of a model. */
export interface AttentionShape {
  readonly headSize: number;
  readonly headsPerGroup: number;
  readonly epsilon: number;
  readonly gateKeys: boolean;
  /**
   * Queries handled at once, where each has so many scores in all rows and heads: a block sees its own prefix only, so
   * scores beyond it are never computed.
   */
  readonly queryBlock: (scores: number) => number;
}

export type AttentionInputs = {
  readonly x: tf.Tensor; //          [N, d]
  readonly norm: tf.Tensor; //       [d]
  readonly cos: tf.Tensor; //        [T, h], or [B, 1, 1, T, h] where each row has its own positions
  readonly sin: tf.Tensor; //        the same
  readonly queryKeyC: tf.Tensor; //  [K·(G + 1)·h, d] each group's queries, then its key
  readonly valueC: tf.Tensor; //     [K·h, d]
  readonly outputC: tf.Tensor; //    [K·G·h, d]
  readonly z: tf.Tensor; //          [K]
  readonly queryKeyBiasC?: tf.Tensor | undefined;
  readonly valueBiasC?: tf.Tensor | undefined;
  readonly outputBias?: tf.Tensor | undefined; // [d]
  /** Weights of the norm on each head's query and key. */
  readonly queryKeyNorm?: tf.Tensor | undefined; // [G + 1, 1, h]
  readonly valueP?: tf.Tensor | undefined; //     [P·h, d]
  readonly valueBiasP?: tf.Tensor | undefined; // [P·h]
  /** Keys (rotated) and values of earlier tokens, gated: `[B, K, S − T, h]`. */
  readonly pastKey?: tf.Tensor | undefined;
  readonly pastValue?: tf.Tensor | undefined;
  /** Added to the scores in place of the causal mask, `[B, T, T]`. */
  readonly visible?: tf.Tensor | undefined;
  /** Of corrections to the computed groups' matrices, see `low-rank.ts`. */
  readonly factors?: tf.Tensor | undefined;
};

/** What the backward pass needs again. */
export type AttentionSaved = {
  readonly query: tf.Tensor; //      [B, K, G, T, h] rotated
  readonly key: tf.Tensor; //        [B, K, T, h] rotated, not gated
  readonly value: tf.Tensor; //      [B, K, T, h] not gated
  readonly mixed: tf.Tensor; //      [N, K·G·h] attention's output before W_o
  readonly rawQueryKey?: tf.Tensor | undefined; // [B, K, G + 1, T, h] before its norm
  readonly valuesP?: tf.Tensor | undefined; //     [B, T, P, h]
};

export type AttentionGradientInputs = AttentionSaved & {
  readonly dy: tf.Tensor; //         [N, d]
  readonly x: tf.Tensor;
  readonly norm: tf.Tensor;
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
  readonly queryKeyC: tf.Tensor;
  readonly valueC: tf.Tensor;
  readonly outputC: tf.Tensor;
  readonly z: tf.Tensor;
  readonly queryKeyNorm?: tf.Tensor | undefined;
  readonly outputP?: tf.Tensor | undefined; // [P·G·h, d]
  readonly factors?: tf.Tensor | undefined;
};

/** `[N, heads·h]` → `[B, heads, T, h]`. */
function splitHeads(x: tf.Tensor, tokens: number, headSize: number): tf.Tensor {
  const [rows, width] = x.shape as [number, number];
  return tf.transpose(tf.reshape(x, [rows / tokens, tokens, width / headSize, headSize]), [0, 2, 1, 3]);
}

/** `[B, heads, T, h]` → `[N, heads·h]`. */
function mergeHeads(x: tf.Tensor): tf.Tensor {
  const [batch, heads, tokens, headSize] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch * tokens, heads * headSize]);
}

function project(runtime: Runtime, x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor {
  const y = runtime.matMul(x, weight, false, true);
  return bias ? tf.add(y, bias) : y;
}

/** The gate of each group, to multiply `[B, K, S, h]`. */
function perGroup(z: tf.Tensor): tf.Tensor {
  return tf.reshape(z, [-1, 1, 1]);
}

/** `[B, K, S, h]` → `[K]`: the last two axes first, as one, which a GPU sums many times faster than all at once. */
function sumByGroup(x: tf.Tensor): tf.Tensor {
  const [batch, groups] = x.shape as [number, number];
  return tf.sum(tf.sum(tf.reshape(x, [batch, groups, -1]), 2), 0);
}

/** Corrections of queries and keys, values, and output, where there are any. */
function corrections(
  shape: AttentionShape,
  { factors, valueC }: Pick<AttentionInputs, 'factors' | 'valueC'>,
): LowRank[] {
  if (!factors) return [];
  const [rows, hiddenSize] = valueC.shape as [number, number];
  return splitFactors(factors, attentionMatrices({ ...shape, hiddenSize }, rows / shape.headSize));
}

/** What keys are multiplied by: 1/√h, and the gate where it covers keys. */
function keyFactor(shape: AttentionShape, z: tf.Tensor): tf.Tensor {
  const scale = 1 / Math.sqrt(shape.headSize);
  return shape.gateKeys ? tf.mul(perGroup(z), scale) : tf.scalar(scale);
}

export function attention(
  runtime: Runtime,
  shape: AttentionShape,
  i: AttentionInputs,
): AttentionSaved & {
  readonly y: tf.Tensor;
  /** Those of earlier tokens too, to read on from: `[B, K, S, h]`. */
  readonly gatedKey: tf.Tensor;
  readonly gatedValue: tf.Tensor;
} {
  const { headSize: h, headsPerGroup: G, epsilon } = shape;
  const T = i.cos.shape[i.cos.rank - 2]!;
  const B = i.x.shape[0]! / T;
  const K = i.valueC.shape[0]! / h;

  const a = rmsNorm(i.x, i.norm, epsilon);
  const ofMatrices = corrections(shape, i);
  const plain = [
    project(runtime, a, i.queryKeyC, i.queryKeyBiasC),
    project(runtime, a, i.valueC, i.valueBiasC),
  ];
  const [queryKey, values] = corrected(runtime, plain, a, ofMatrices.slice(0, 2)) as [tf.Tensor, tf.Tensor];
  const projected = splitHeads(queryKey, T, h); // [B, K·(G + 1), T, h]
  const raw = tf.reshape(projected, [B, K, G + 1, T, h]);
  const normed = i.queryKeyNorm ? rmsNorm(raw, i.queryKeyNorm, epsilon) : raw;
  const rotated = rotate(normed, { cos: i.cos, sin: i.sin });
  const [query, ownKeys] = tf.split(rotated, [G, 1], 2) as [tf.Tensor, tf.Tensor]; // [B, K, G, T, h], [B, K, 1, T, h]
  const key = tf.reshape(ownKeys, [B, K, T, h]);
  const value = splitHeads(values, T, h); // [B, K, T, h]

  const ownKey = tf.mul(key, keyFactor(shape, i.z));
  const ownValue = tf.mul(value, perGroup(i.z));
  const gatedKey = i.pastKey ? tf.concat([i.pastKey, ownKey], 2) : ownKey; // [B, K, S, h]
  const gatedValue = i.pastValue ? tf.concat([i.pastValue, ownValue], 2) : ownValue;
  const past = gatedKey.shape[2]! - T;
  const block = shape.queryBlock(B * K * G * (past + T));
  const mixedBlocks = queryBlocks(T, block).map(({ start, end }) => {
    const mask = i.visible ? maskBlock(i.visible, start, end, end) : causalMask(start, end, past + end, past);
    const weights = weightsOf(blockOf(query, start, end), prefixOf(gatedKey, past + end), G, mask);
    return tf.reshape(tf.matMul(weights, prefixOf(gatedValue, past + end)), [B, K * G, end - start, h]);
  });
  const mixed = mergeHeads(mixedBlocks.length === 1 ? mixedBlocks[0]! : tf.concat(mixedBlocks, 2)); // [N, K·G·h]
  const output = tf.add(i.x, runtime.matMul(mixed, i.outputC));
  let y = corrected(runtime, [output], mixed, ofMatrices.slice(2))[0]!; // [N, d]
  if (i.outputBias) y = tf.add(y, i.outputBias);

  const valuesP = i.valueP
    ? tf.reshape(project(runtime, a, i.valueP, i.valueBiasP), [B, T, i.valueP.shape[0]! / h, h])
    : undefined;
  const rawQueryKey = i.queryKeyNorm ? raw : undefined;
  return { y, query, key, value, mixed, valuesP, rawQueryKey, gatedKey, gatedValue };
}

/** Gradients of one pass through softmax attention, by query block: `[B, K, G, T, h]`, `[B, K, S, h]` twice. */
function mixGradient(
  shape: AttentionShape,
  saved: { query: tf.Tensor; key: tf.Tensor; value: tf.Tensor; dMixed: tf.Tensor; rowSum: tf.Tensor },
): { dQuery: tf.Tensor; dKey: tf.Tensor; dValue: tf.Tensor } {
  const [B, K, G, T, h] = saved.query.shape as [number, number, number, number, number];
  const dQueries: tf.Tensor[] = [];
  let dKey: tf.Tensor | undefined;
  let dValue: tf.Tensor | undefined;
  /** Adds the gradient of a prefix to that of all keys. Blocks go backwards, so the first one is the longest. */
  const accumulate = (total: tf.Tensor | undefined, prefix: tf.Tensor): tf.Tensor => {
    if (!total) return prefix;
    return tf.add(
      total,
      tf.pad(prefix, [
        [0, 0],
        [0, total.shape[1]! - prefix.shape[1]!],
        [0, 0],
      ]),
    );
  };
  for (const { start, end } of queryBlocks(T, shape.queryBlock(B * K * G * T)).reverse()) {
    const queryBlock = blockOf(saved.query, start, end); // [B·K, G·block, h]
    const dMixed = blockOf(saved.dMixed, start, end);
    const keyPrefix = prefixOf(saved.key, end); // [B·K, seen, h]
    const weights = weightsOf(queryBlock, keyPrefix, G, causalMask(start, end, end, 0));
    dValue = accumulate(dValue, tf.matMul(weights, dMixed, true, false));
    const dWeights = tf.matMul(dMixed, prefixOf(saved.value, end), false, true); // [B·K, G·block, seen]
    const dScores = tf.mul(weights, tf.sub(dWeights, blockOf(saved.rowSum, start, end)));
    dQueries.unshift(tf.reshape(tf.matMul(dScores, keyPrefix), [B, K, G, end - start, h]));
    dKey = accumulate(dKey, tf.matMul(dScores, queryBlock, true, false));
  }
  return {
    dQuery: dQueries.length === 1 ? dQueries[0]! : tf.concat(dQueries, 3),
    dKey: tf.reshape(dKey!, [B, K, T, h]),
    dValue: tf.reshape(dValue!, [B, K, T, h]),
  };
}

/**
 * The gradients of pruned groups' gates: `[P]`. They meet their heads' gradients only in sum, so the heads' output
 * matrices are added up first, which leaves one product where there were `G`.
 */
function prunedGroupGradient(
  runtime: Runtime,
  dy: tf.Tensor,
  output: tf.Tensor,
  values: tf.Tensor,
  headsPerGroup: number,
): tf.Tensor {
  const [B, T, P, h] = values.shape as [number, number, number, number];
  const count = tf.reshape(tf.range(1, T + 1, 1, 'float32'), [T, 1, 1]);
  const prefixMean = tf.div(tf.cumsum(values, 1), count); // [B, T, P, h]
  const wide = runtime.bfloat16 ? runtime.bfloat16.toFloat32(output) : output; // [P·G·h, d]
  const summed = tf.sum(tf.reshape(wide, [P, headsPerGroup, h, -1]), 1); // [P, h, d]
  const rows = tf.reshape(summed, [P * h, -1]);
  const heads = runtime.bfloat16?.is(output) ? runtime.bfloat16.fromFloat32(rows) : rows;
  const dHeads = runtime.matMul(dy, heads, false, true); // [N, P·h]
  const byToken = tf.sum(tf.mul(prefixMean, tf.reshape(dHeads, [B, T, P, h])), 3); // [B, T, P]
  return tf.sum(tf.reshape(byToken, [B * T, P]), 0);
}

/**
 * The gates' gradients of both sets of groups, and what else is asked for: `dx`, which nothing below the first layer
 * needs, the gradient of the norm's weight, and with it those of the factors of corrections where there are any.
 */
export function attentionGradient(
  runtime: Runtime,
  shape: AttentionShape,
  i: AttentionGradientInputs,
  wanted: { readonly input: boolean; readonly norm: boolean },
): {
  readonly dx?: tf.Tensor;
  readonly dzC: tf.Tensor;
  readonly dzP?: tf.Tensor;
  readonly dNorm?: tf.Tensor;
  readonly dFactors?: tf.Tensor;
} {
  const { headSize: h, epsilon } = shape;
  const [ofQueryKey, ofValue, ofOutput] = corrections(shape, i);
  const [B, K, G, T] = i.query.shape as [number, number, number, number];

  const byOutput = ofOutput && correctionGradient(runtime, i.mixed, [ofOutput], [i.dy]);
  const plainMerged = runtime.matMul(i.dy, i.outputC, false, true);
  const dMerged = byOutput ? tf.add(plainMerged, byOutput.dx) : plainMerged; // [N, K·G·h]
  const dMixed = tf.reshape(splitHeads(dMerged, T, h), [B, K, G, T, h]);
  // Σ_s P_ts · dP_ts = O_t · dO_t, so the softmax gradient needs no reduction over the scores.
  const byHead = tf.sum(tf.reshape(tf.mul(dMerged, i.mixed), [B, T, K * G, h]), 3); // [B, T, K·G]
  const rowSum = tf.reshape(tf.transpose(byHead, [0, 2, 1]), [B, K, G, T, 1]);
  const factor = keyFactor(shape, i.z);
  const gatedKey = tf.mul(i.key, factor);
  const gatedValue = tf.mul(i.value, perGroup(i.z));
  const gradient = mixGradient(shape, { query: i.query, key: gatedKey, value: gatedValue, dMixed, rowSum });

  const byValue = sumByGroup(tf.mul(i.value, gradient.dValue)); // [K]
  const byKey = () => tf.mul(sumByGroup(tf.mul(i.key, gradient.dKey)), 1 / Math.sqrt(h));
  const dzC = shape.gateKeys ? tf.add(byValue, byKey()) : byValue;
  const dzP =
    i.valuesP && i.outputP ? prunedGroupGradient(runtime, i.dy, i.outputP, i.valuesP, G) : undefined;
  const dz = dzP ? { dzC, dzP } : { dzC };
  if (!wanted.input && !wanted.norm) return dz;

  const dKey = tf.expandDims(tf.mul(gradient.dKey, factor), 2); // [B, K, 1, T, h]
  const dNormed = rotateBack(tf.concat([gradient.dQuery, dKey], 2), { cos: i.cos, sin: i.sin });
  const dQueryKey =
    i.queryKeyNorm && i.rawQueryKey
      ? rmsNormGradient(i.rawQueryKey, i.queryKeyNorm, epsilon, dNormed)
      : dNormed;
  const dValue = tf.mul(gradient.dValue, perGroup(i.z)); // [B, K, T, h]
  const dQueryKeyRows = mergeHeads(tf.reshape(dQueryKey, [B, K * (G + 1), T, h])); // [N, K·(G + 1)·h]
  const dValueRows = mergeHeads(dValue); // [N, K·h]
  const products = [runtime.matMul(dQueryKeyRows, i.queryKeyC), runtime.matMul(dValueRows, i.valueC)];
  const a = () => rmsNorm(i.x, i.norm, epsilon);
  const byInputs =
    ofQueryKey &&
    ofValue &&
    correctionGradient(runtime, a(), [ofQueryKey, ofValue], [dQueryKeyRows, dValueRows]);
  const da = tf.addN(byInputs ? [...products, byInputs.dx] : products); // [N, d]
  return {
    ...dz,
    ...(byInputs && byOutput ? { dFactors: tf.concat([byInputs.dFactors, byOutput.dFactors]) } : {}),
    ...(wanted.input ? { dx: tf.add(i.dy, rmsNormGradient(i.x, i.norm, epsilon, da)) } : {}),
    ...(wanted.norm ? { dNorm: rmsNormWeightGradient(i.x, epsilon, da) } : {}),
  };
}
