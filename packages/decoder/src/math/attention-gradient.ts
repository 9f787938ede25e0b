/**
 * The gated attention sublayer, backward. A pruned group's gate gradient needs no query, key or softmax, because its
 * attention is uniform over the prefix.
 *
 * Dims: B rows, T tokens a row, N = B·T, S tokens attended to (T, and the cached ones before them), d hidden,
 * h head dimension, K computed groups, P pruned groups, G query heads of a group. Weights are unit-major: `h` (key,
 * value) or `G·h` (query, output) rows per group.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../runtime/runtime.js';
import {
  type AttentionSaved,
  type AttentionShape,
  keyFactor,
  lorasOf,
  mergeHeads,
  perGroup,
  splitHeads,
} from './attention-shape.js';
import { loraGradient } from './lora.js';
import { blockOf, causalMask, prefixOf, queryBlocks, weightsOf } from './query-blocks.js';
import { rmsNorm, rmsNormGradient, rmsNormWeightGradient } from './rms-norm.js';
import { rotateBack } from './rotary.js';

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
  readonly lora?: tf.Tensor | undefined;
};

/** `[B, K, S, h]` → `[K]`. Sums the last two axes first, as one: many times faster on a GPU than all at once. */
function sumByGroup(x: tf.Tensor): tf.Tensor {
  const [batch, groups] = x.shape as [number, number];
  return tf.sum(tf.sum(tf.reshape(x, [batch, groups, -1]), 2), 0);
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
 * The gradients of pruned groups' gates, `[P]`: `dL/dz = Σ_t mean(v_0 … v_t) · Σ_heads dO_t`. Only the sum over a
 * group's heads matters, so their output matrices are added first, which leaves one product instead of `G`.
 */
function prunedGroupGradient(
  runtime: Runtime,
  dy: tf.Tensor,
  output: tf.Tensor,
  values: tf.Tensor,
  queriesPerKvHead: number,
): tf.Tensor {
  const [B, T, P, h] = values.shape as [number, number, number, number];
  const count = tf.reshape(tf.range(1, T + 1, 1, 'float32'), [T, 1, 1]);
  const prefixMean = tf.div(tf.cumsum(values, 1), count); // [B, T, P, h]
  const wide = runtime.bfloat16 ? runtime.bfloat16.toFloat32(output) : output; // [P·G·h, d]
  const summed = tf.sum(tf.reshape(wide, [P, queriesPerKvHead, h, -1]), 1); // [P, h, d]
  const rows = tf.reshape(summed, [P * h, -1]);
  const heads = runtime.bfloat16?.is(output) ? runtime.bfloat16.fromFloat32(rows) : rows;
  const dHeads = runtime.matMul(dy, heads, false, true); // [N, P·h]
  const byToken = tf.sum(tf.mul(prefixMean, tf.reshape(dHeads, [B, T, P, h])), 3); // [B, T, P]
  return tf.sum(tf.reshape(byToken, [B * T, P]), 0);
}

/**
 * The gradients of the gates of both sets of groups, and those that are wanted: of the input (`dx`), and of the norm's
 * weight. The LoRA factors, if there are any, have theirs whenever either is wanted.
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
  readonly dLora?: tf.Tensor;
} {
  const { headDim: h, epsilon } = shape;
  const [ofQueryKey, ofValue, ofOutput] = lorasOf(shape, i);
  const [B, K, G, T] = i.query.shape as [number, number, number, number];

  const byOutput = ofOutput && loraGradient(runtime, i.mixed, [ofOutput], [i.dy]);
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
    ofQueryKey && ofValue && loraGradient(runtime, a(), [ofQueryKey, ofValue], [dQueryKeyRows, dValueRows]);
  const da = tf.addN(byInputs ? [...products, byInputs.dx] : products); // [N, d]
  return {
    ...dz,
    ...(byInputs && byOutput ? { dLora: tf.concat([byInputs.dLora, byOutput.dLora]) } : {}),
    ...(wanted.input ? { dx: tf.add(i.dy, rmsNormGradient(i.x, i.norm, epsilon, da)) } : {}),
    ...(wanted.norm ? { dNorm: rmsNormWeightGradient(i.x, epsilon, da) } : {}),
  };
}
