/**
 * Attention by blocks of queries: each block sees its own prefix of keys, so scores beyond it are never computed.
 *
 * Dims: B rows, T queries a row, S keys a row, K groups, G query heads a group, h head size; `block` queries of a
 * block, `seen` keys of its prefix.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Ranges `[start, end)` of queries that are computed together. */
export function queryBlocks(tokens: number, size: number): { start: number; end: number }[] {
  const count = Math.ceil(tokens / size);
  return Array.from({ length: count }, (_, i) => ({
    start: i * size,
    end: Math.min((i + 1) * size, tokens),
  }));
}

/** 0 if query `start + i` may see key `j`, a large negative number if not: `[end − start, seen]`. */
export function causalMask(start: number, end: number, seen: number, past: number): tf.Tensor {
  const mask = new Float32Array((end - start) * seen);
  for (let i = start; i < end; i++)
    mask.fill(-1e9, (i - start) * seen + past + i + 1, (i - start + 1) * seen);
  return tf.tensor2d(mask, [end - start, seen]);
}

/** Queries `[start, end)` of every head of a group as rows of one matrix: `[B·K, G·(end − start), h]`. */
export function blockOf(x: tf.Tensor, start: number, end: number): tf.Tensor {
  const [batch, groups, heads, tokens, headDim] = x.shape as [number, number, number, number, number];
  const block =
    start === 0 && end === tokens
      ? x
      : tf.slice(x, [0, 0, 0, start, 0], [batch, groups, heads, end - start, headDim]);
  return tf.reshape(block, [batch * groups, heads * (end - start), headDim]);
}

/** The first `seen` keys or values: `[B, K, S, h]` → `[B·K, seen, h]`. */
export function prefixOf(x: tf.Tensor, seen: number): tf.Tensor {
  const [batch, groups, length, headDim] = x.shape as [number, number, number, number];
  const prefix = seen === length ? x : tf.slice(x, [0, 0, 0, 0], [batch, groups, seen, headDim]);
  return tf.reshape(prefix, [batch * groups, seen, headDim]);
}

/** The rows of `visible [B, T, T]` of one query block: `[B, 1, end − start, seen]`. */
export function maskBlock(visible: tf.Tensor, start: number, end: number, seen: number): tf.Tensor {
  const batch = visible.shape[0]!;
  return tf.reshape(tf.slice(visible, [0, start, 0], [batch, end - start, seen]), [
    batch,
    1,
    end - start,
    seen,
  ]);
}

/** Attention weights of one query block, for a mask `[block, seen]` or `[B, 1, block, seen]`: `[B·K, G·block, seen]`. */
export function weightsOf(query: tf.Tensor, key: tf.Tensor, heads: number, mask: tf.Tensor): tf.Tensor {
  const [block, seen] = mask.shape.slice(-2) as [number, number];
  const scores = tf.matMul(query, key, false, true);
  const batched = scores.shape[0]!;
  const rows = mask.rank === 4 ? mask.shape[0]! : batched;
  const masked = tf.add(tf.reshape(scores, [rows, (batched / rows) * heads, block, seen]), mask);
  return tf.reshape(tf.softmax(masked), [batched, heads * block, seen]);
}
