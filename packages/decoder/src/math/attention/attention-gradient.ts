/**
 * The gated attention sublayer, backward. A pruned group's gate gradient needs no query, key or softmax, because its
 * attention is uniform over the keys that it sees.
 *
 * Dims: B rows, T tokens a row, N = B·T, S tokens attended to (T, and the cached ones before them), d hidden,
 * h head dimension, K computed groups, P pruned groups, G query heads of a group. Weights are unit-major: `h` (key,
 * value) or `G·h` (query, output) rows per group.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors } from '../../runtime/named-function.js';
import type { Runtime } from '../../runtime/runtime.js';
import { loraGradient } from '../lora.js';
import {
  inputGradient,
  normedInput,
  normGradients,
  outputGradient,
  type ResidualNorms,
} from '../residual.js';
import { type RotaryTable, rotateBack } from '../rotary.js';
import { saved } from '../saved-activation.js';
import type { OfWeights } from '../weight-gradients.js';
import {
  type AttentionSaved,
  type AttentionShape,
  keyFactor,
  lorasOf,
  mergeHeads,
  perGroup,
  splitHeads,
} from './attention-shape.js';
import { blockOf, causalMask, type QueryBlock, queryBlocks, seenOf, weightsOf } from './query-blocks.js';
import { normQueryKeyGradient, queryKeyNormGradient } from './query-key-norm.js';

export type AttentionGradientInputs = AttentionSaved &
  ResidualNorms &
  RotaryTable & {
    readonly dy: tf.Tensor; //         [N, d]
    readonly x: tf.Tensor;
    readonly queryKeyC: tf.Tensor;
    readonly valueC: tf.Tensor;
    readonly outputC: tf.Tensor;
    readonly z: tf.Tensor;
    readonly queryKeyNorm?: tf.Tensor | undefined;
    readonly outputP?: tf.Tensor | undefined; // [P·G·h, d]
    readonly queryKeyBiasC?: tf.Tensor | undefined;
    readonly valueBiasC?: tf.Tensor | undefined;
    readonly outputBias?: tf.Tensor | undefined;
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
  /** Adds the gradient of the keys that a block meets to that of all keys. */
  const accumulate = (
    total: tf.Tensor | undefined,
    part: tf.Tensor,
    { first, last }: QueryBlock,
  ): tf.Tensor => {
    const whole =
      last - first === T
        ? part
        : tf.pad(part, [
            [0, 0],
            [first, T - last],
            [0, 0],
          ]);
    return total ? tf.add(total, whole) : whole;
  };
  const ofBlock = (block: QueryBlock, sums: { dKey: tf.Tensor; dValue: tf.Tensor } | undefined) => {
    const queryBlock = blockOf(saved.query, block); // [B·K, G·block, h]
    const dMixed = blockOf(saved.dMixed, block);
    const keys = seenOf(saved.key, block); // [B·K, seen, h]
    const mask = causalMask(block, 0, shape.window);
    const { weights, slope } = weightsOf(queryBlock, keys, G, mask, shape.cap);
    const dValue = accumulate(sums?.dValue, tf.matMul(weights, dMixed, true, false), block);
    const dWeights = tf.matMul(dMixed, seenOf(saved.value, block), false, true); // [B·K, G·block, seen]
    const ofCapped = tf.mul(weights, tf.sub(dWeights, blockOf(saved.rowSum, block)));
    const dScores = slope ? tf.mul(ofCapped, slope) : ofCapped;
    const dQuery = tf.reshape(tf.matMul(dScores, keys), [B, K, G, block.end - block.start, h]);
    const dKey = accumulate(sums?.dKey, tf.matMul(dScores, queryBlock, true, false), block);
    return { dQuery, dKey, dValue };
  };
  const dQueries: tf.Tensor[] = [];
  let sums: { dKey: tf.Tensor; dValue: tf.Tensor } | undefined;
  const blocks = queryBlocks(T, shape.queryBlock(B * K * G * T), 0, shape.window);
  for (const block of blocks.reverse()) {
    const before = sums;
    // The scores of one block are freed before those of the next are made.
    const { dQuery, ...added } = tf.tidy(() => ofBlock(block, before));
    if (before) tf.dispose(before);
    dQueries.unshift(dQuery);
    sums = added;
  }
  return {
    dQuery: dQueries.length === 1 ? dQueries[0]! : tf.concat(dQueries, 3),
    dKey: tf.reshape(sums!.dKey, [B, K, T, h]),
    dValue: tf.reshape(sums!.dValue, [B, K, T, h]),
  };
}

/** The mean of the values that each token sees: `[B, T, P, h]` both. */
function meanSeen(values: tf.Tensor, window: number | undefined): tf.Tensor {
  const [, T] = values.shape as [number, number, number, number];
  const position = tf.reshape(tf.range(1, T + 1, 1, 'float32'), [T, 1, 1]);
  const sums = tf.cumsum(values, 1);
  if (window === undefined || window >= T) return tf.div(sums, position);
  const left = tf.pad(tf.slice(sums, [0, 0, 0, 0], [-1, T - window, -1, -1]), [
    [0, 0],
    [window, 0],
    [0, 0],
    [0, 0],
  ]);
  return tf.div(tf.sub(sums, left), tf.minimum(position, window));
}

/**
 * The gradients of pruned groups' gates, `[P]`: `dL/dz = Σ_t mean of the values seen · Σ_heads dO_t`. Only the sum over a
 * group's heads matters, so their output matrices are added first, which leaves one product instead of `G`.
 *
 * @param dOutput gradient of the output matrix's product, `[N, d]`.
 */
function prunedGroupGradient(
  runtime: Runtime,
  { queriesPerKvHead, window }: AttentionShape,
  dOutput: tf.Tensor,
  output: tf.Tensor,
  values: tf.Tensor,
): tf.Tensor {
  const [B, T, P, h] = values.shape as [number, number, number, number];
  const wide = runtime.bfloat16 ? runtime.bfloat16.toFloat32(output) : output; // [P·G·h, d]
  const summed = tf.sum(tf.reshape(wide, [P, queriesPerKvHead, h, -1]), 1); // [P, h, d]
  const rows = tf.reshape(summed, [P * h, -1]);
  const heads = runtime.bfloat16?.is(output) ? runtime.bfloat16.fromFloat32(rows) : rows;
  const dHeads = runtime.matMul(dOutput, heads, false, true); // [N, P·h]
  const byToken = tf.sum(tf.mul(meanSeen(values, window), tf.reshape(dHeads, [B, T, P, h])), 3); // [B, T, P]
  return tf.sum(tf.reshape(byToken, [B * T, P]), 0);
}

/**
 * The gradients of the gates of both sets of groups, and those that are wanted: of the input (`dx`), of the weights of
 * the norms, and what `weights` makes of those of the matrices. The LoRA factors, if there are any, have theirs whenever
 * any is wanted.
 */
export function attentionGradient<W extends NamedTensors>(
  runtime: Runtime,
  shape: AttentionShape,
  i: AttentionGradientInputs,
  wanted: {
    readonly input: boolean;
    readonly norm: boolean;
    readonly queryKeyNorm?: boolean;
    readonly weights?: OfWeights<W>;
  },
): Partial<W> & {
  readonly dx?: tf.Tensor;
  readonly dzC: tf.Tensor;
  readonly dzP?: tf.Tensor;
  readonly dNorm?: tf.Tensor;
  readonly dPostNorm?: tf.Tensor;
  readonly dQueryKeyNorm?: tf.Tensor;
  readonly dLora?: tf.Tensor;
} {
  const { headDim: h, epsilon } = shape;
  const [ofQueryKey, ofValue, ofOutput] = lorasOf(shape, i);
  const [B, K, G, T] = i.query.shape as [number, number, number, number];

  const output = i.output && saved(runtime, shape, i.output); // [N, d]
  const dOutput = outputGradient(shape, i.dy, output, i); // [N, d]
  const byOutput = ofOutput && loraGradient(runtime, i.mixed, [ofOutput], [dOutput]);
  const plainMerged = runtime.matMul(dOutput, i.outputC, false, true);
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
  const byKey = () => tf.mul(sumByGroup(tf.mul(i.key, gradient.dKey)), shape.scale);
  const dzC = shape.gateKeys ? tf.add(byValue, byKey()) : byValue;
  const dzP =
    i.valuesP && i.outputP ? prunedGroupGradient(runtime, shape, dOutput, i.outputP, i.valuesP) : undefined;
  const dz = dzP ? { dzC, dzP } : { dzC };
  if (!wanted.input && !wanted.norm && !wanted.weights) return dz as Partial<W> & typeof dz;

  const dKey = tf.expandDims(tf.mul(gradient.dKey, factor), 2); // [B, K, 1, T, h]
  const dQuery = i.queryScale ? tf.mul(gradient.dQuery, i.queryScale) : gradient.dQuery;
  const dNormed = rotateBack(tf.concat([dQuery, dKey], 2), i);
  const rawQueryKey = i.rawQueryKey && saved(runtime, shape, i.rawQueryKey); // [B, K, G + 1, T, h]
  const dQueryKey =
    i.queryKeyNorm && rawQueryKey
      ? normQueryKeyGradient(shape.queryKeyNorm, rawQueryKey, i.queryKeyNorm, epsilon, dNormed)
      : dNormed;
  const dValue = tf.mul(gradient.dValue, perGroup(i.z)); // [B, K, T, h]
  const dQueryKeyRows = mergeHeads(tf.reshape(dQueryKey, [B, K * (G + 1), T, h])); // [N, K·(G + 1)·h]
  const dValueRows = mergeHeads(dValue); // [N, K·h]
  const products = [runtime.matMul(dQueryKeyRows, i.queryKeyC), runtime.matMul(dValueRows, i.valueC)];
  const byInputs =
    ofQueryKey &&
    ofValue &&
    loraGradient(runtime, normedInput(shape, i.x, i), [ofQueryKey, ofValue], [dQueryKeyRows, dValueRows]);
  const terms = () => ({
    inputs: [
      { name: 'queryKey', weight: i.queryKeyC, rows: dQueryKeyRows, bias: i.queryKeyBiasC },
      { name: 'value', weight: i.valueC, rows: dValueRows, bias: i.valueBiasC },
    ],
    normed: normedInput(shape, i.x, i),
    output: { name: 'output', weight: i.outputC, rows: i.mixed, bias: i.outputBias },
    dOutput,
  });
  const da = tf.addN(byInputs ? [...products, byInputs.dx] : products); // [N, d]
  return {
    ...dz,
    ...(byInputs && byOutput ? { dLora: tf.concat([byInputs.dLora, byOutput.dLora]) } : {}),
    ...((wanted.weights?.(runtime, terms()) ?? {}) as Partial<W>),
    ...(wanted.queryKeyNorm && rawQueryKey
      ? { dQueryKeyNorm: queryKeyNormGradient(shape.queryKeyNorm, rawQueryKey, epsilon, dNormed) }
      : {}),
    ...(wanted.input ? { dx: inputGradient(shape, i, da) } : {}),
    ...(wanted.norm ? normGradients(shape, { ...i, output }, da) : {}),
  };
}
