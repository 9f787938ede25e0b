/**
 * The gated attention sublayer, forward.
 *
 * The gate of a KV group multiplies its keys (after rotation) and values, or its values alone, as the architecture
 * says. Groups come in two sets, as channels do in the FFN: computed ones (`…C`) run in full. A pruned group (`…P`) with
 * keys and values gated to 0 attends uniformly to the prefix and outputs 0, so the forward pass needs its values only,
 * for the gradient of its gate (GRASPrune, section 3.2).
 *
 * Dims: B rows, T tokens a row, N = B·T, S tokens attended to (T, and the cached ones before them), d hidden,
 * h head dimension, K computed groups, P pruned groups, G query heads of a group. Weights are unit-major: `h` (key,
 * value) or `G·h` (query, output) rows per group.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from '../runtime/runtime.js';
import {
  type AttentionInputs,
  type AttentionSaved,
  type AttentionShape,
  keyFactor,
  lorasOf,
  mergeHeads,
  perGroup,
  project,
  splitHeads,
} from './attention-shape.js';
import { withLora } from './lora.js';
import { blockOf, causalMask, maskBlock, prefixOf, queryBlocks, weightsOf } from './query-blocks.js';
import { rmsNorm } from './rms-norm.js';
import { rotate } from './rotary.js';

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
  const { headDim: h, queriesPerKvHead: G, epsilon } = shape;
  const T = i.cos.shape[i.cos.rank - 2]!;
  const B = i.x.shape[0]! / T;
  const K = i.valueC.shape[0]! / h;

  const a = rmsNorm(i.x, i.norm, epsilon);
  const loras = lorasOf(shape, i);
  const plain = [
    project(runtime, a, i.queryKeyC, i.queryKeyBiasC),
    project(runtime, a, i.valueC, i.valueBiasC),
  ];
  const [queryKey, values] = withLora(runtime, plain, a, loras.slice(0, 2)) as [tf.Tensor, tf.Tensor];
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
  let y = withLora(runtime, [output], mixed, loras.slice(2))[0]!; // [N, d]
  if (i.outputBias) y = tf.add(y, i.outputBias);

  const valuesP = i.valueP
    ? tf.reshape(project(runtime, a, i.valueP, i.valueBiasP), [B, T, i.valueP.shape[0]! / h, h])
    : undefined;
  const rawQueryKey = i.queryKeyNorm ? raw : undefined;
  return { y, query, key, value, mixed, valuesP, rawQueryKey, gatedKey, gatedValue };
}
