/**
 * The gated attention sublayer, forward.
 *
 * The gate of a KV group multiplies its keys (after rotation) and values, or its values alone, as the architecture
 * says. Groups come in two sets, as channels do in the FFN: computed ones (`…C`) run in full. A pruned group (`…P`) with
 * keys and values gated to 0 attends uniformly to the keys that it sees and outputs 0, so the forward pass needs its
 * values only, for the gradient of its gate (GRASPrune, section 3.2).
 *
 * Dims: B rows, T tokens a row, N = B·T, S tokens attended to (T, and the cached ones before them), d hidden,
 * h head dimension, K computed groups, P pruned groups, G query heads of a group. Weights are unit-major: `h` (key,
 * value) or `G·h` (query, output) rows per group.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../../runtime/runtime.js';
import { linear } from '../linear.js';
import { withLora } from '../lora.js';
import { normedInput, residualOutput } from '../residual.js';
import { rotate } from '../rotary.js';
import { toSave } from '../saved-activation.js';
import {
  type AttentionInputs,
  type AttentionSaved,
  type AttentionShape,
  keyFactor,
  lorasOf,
  mergeHeads,
  perGroup,
  splitHeads,
} from './attention-shape.js';
import {
  blockOf,
  causalMask,
  maskBlock,
  type QueryBlock,
  queryBlocks,
  seenOf,
  weightsOf,
} from './query-blocks.js';
import { normQueryKey } from './query-key-norm.js';

export function attention(
  runtime: Runtime,
  shape: AttentionShape,
  i: AttentionInputs,
): AttentionSaved & {
  readonly y: tf.Tensor;
  /** Gated keys and values, those of earlier tokens included, for a cache: `[B, K, S, h]`. */
  readonly gatedKey: tf.Tensor;
  readonly gatedValue: tf.Tensor;
} {
  const { headDim: h, queriesPerKvHead: G, epsilon, window } = shape;
  const T = i.cos.shape[i.cos.rank - 2]!;
  const B = i.x.shape[0]! / T;
  const K = i.valueC.shape[0]! / h;

  const a = normedInput(shape, i.x, i);
  const loras = lorasOf(shape, i);
  const plain = [
    linear(runtime, a, i.queryKeyC, i.queryKeyBiasC),
    linear(runtime, a, i.valueC, i.valueBiasC),
  ];
  const [queryKey, values] = withLora(runtime, plain, a, loras.slice(0, 2)) as [tf.Tensor, tf.Tensor];
  const projected = splitHeads(queryKey, T, h); // [B, K·(G + 1), T, h]
  const raw = tf.reshape(projected, [B, K, G + 1, T, h]);
  const normed = i.queryKeyNorm ? normQueryKey(shape.queryKeyNorm, raw, i.queryKeyNorm, epsilon) : raw;
  const rotated = rotate(normed, i);
  const [plainQuery, ownKeys] = tf.split(rotated, [G, 1], 2) as [tf.Tensor, tf.Tensor]; // [B, K, G, T, h], [B, K, 1, T, h]
  const query = i.queryScale ? tf.mul(plainQuery, i.queryScale) : plainQuery;
  const key = tf.reshape(ownKeys, [B, K, T, h]);
  const value = splitHeads(values, T, h); // [B, K, T, h]

  const ownKey = tf.mul(key, keyFactor(shape, i.z));
  const ownValue = tf.mul(value, perGroup(i.z));
  const gatedKey = withPast(ownKey, i.pastKey, i.slot); // [B, K, S, h]
  const gatedValue = withPast(ownValue, i.pastValue, i.slot);
  const past = gatedKey.shape[2]! - T;
  const size = shape.queryBlock(B * K * G * (past + T));
  const mixOf = (block: QueryBlock): tf.Tensor => {
    const mask = i.visible ? maskBlock(i.visible, block) : causalMask(block, past, window);
    const { weights } = weightsOf(blockOf(query, block), seenOf(gatedKey, block), G, mask, shape.cap);
    const queries = block.end - block.start;
    return tf.reshape(tf.matMul(weights, seenOf(gatedValue, block)), [B, K * G, queries, h]);
  };
  // The scores of one block are freed before those of the next are made.
  const mixedBlocks = queryBlocks(T, size, past, window).map((block) => tf.tidy(() => mixOf(block)));
  const mixed = mergeHeads(mixedBlocks.length === 1 ? mixedBlocks[0]! : tf.concat(mixedBlocks, 2)); // [N, K·G·h]
  const ends = { x: i.x, inner: mixed, matrix: i.outputC, bias: i.outputBias, postNorm: i.postNorm };
  const { y, output } = residualOutput(runtime, shape, ends, loras.slice(2));

  const valuesP = i.valueP
    ? tf.reshape(linear(runtime, a, i.valueP, i.valueBiasP), [B, T, i.valueP.shape[0]! / h, h])
    : undefined;
  const kept = {
    rawQueryKey: i.queryKeyNorm && toSave(runtime, shape, raw),
    output: output && toSave(runtime, shape, output),
  };
  return { y, query, key, value, mixed, valuesP, ...kept, gatedKey, gatedValue };
}

/** Keys or values behind those of earlier tokens, or at their slot among them. */
function withPast(own: tf.Tensor, past: tf.Tensor | undefined, slot: tf.Tensor | undefined): tf.Tensor {
  if (!past) return own;
  return slot ? tf.add(past, tf.mul(own, slot)) : tf.concat([past, own], 2);
}
