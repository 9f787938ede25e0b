/**
 * Attention by blocks of queries: each block meets only the keys that one of its queries sees, so scores of other keys
 * are never computed.
 *
 * Dims: B rows, T queries a row, S keys a row, K groups, G query heads a group, h head size; `block` queries of a
 * block, `seen` keys that it meets.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Queries `[start, end)` that are computed together, and the keys `[first, last)` that they meet. */
export interface QueryBlock {
  readonly start: number;
  readonly end: number;
  readonly first: number;
  readonly last: number;
}

/**
 * @param past keys before those of the first query.
 * @param window most keys that a query sees, itself included.
 */
export function queryBlocks(tokens: number, size: number, past: number, window = Infinity): QueryBlock[] {
  const count = Math.ceil(tokens / size);
  return Array.from({ length: count }, (_, i) => {
    const start = i * size;
    const end = Math.min(start + size, tokens);
    return { start, end, first: Math.max(0, past + start + 1 - window), last: past + end };
  });
}

/**
 * 0 if a query may see a key, a large negative number if not: `[block, seen]`. Constants are square or as wide as the
 * window, so that those of all blocks together grow with the tokens, not with their square.
 */
export function causalMask(
  { start, end, first, last }: QueryBlock,
  past: number,
  window = Infinity,
): tf.Tensor {
  const [block, seen] = [end - start, last - first];
  const hidesEarlier = past + end - window > first; // some query no longer sees the first key
  const own = hidesEarlier ? seen : block; // keys whose visibility differs among the queries, the last ones
  const mask = new Float32Array(block * own);
  for (let i = 0; i < block; i++) {
    const position = past + start + i;
    const row = mask.subarray(i * own, (i + 1) * own);
    row.fill(-1e9, position + 1 - (last - own));
    row.fill(-1e9, 0, Math.max(0, position + 1 - window - first));
  }
  const part = tf.tensor2d(mask, [block, own]);
  if (own === seen) return part;
  return tf.pad(part, [
    [0, 0],
    [seen - own, 0],
  ]);
}

/** Queries of a block, of every head of a group, as rows of one matrix: `[B·K, G·block, h]`. */
export function blockOf(x: tf.Tensor, { start, end }: QueryBlock): tf.Tensor {
  const [batch, groups, heads, tokens, headDim] = x.shape as [number, number, number, number, number];
  const block =
    start === 0 && end === tokens
      ? x
      : tf.slice(x, [0, 0, 0, start, 0], [batch, groups, heads, end - start, headDim]);
  return tf.reshape(block, [batch * groups, heads * (end - start), headDim]);
}

/** The keys or values that a block meets: `[B, K, S, h]` → `[B·K, seen, h]`. */
export function seenOf(x: tf.Tensor, { first, last }: QueryBlock): tf.Tensor {
  const [batch, groups, length, headDim] = x.shape as [number, number, number, number];
  const seen = last - first;
  const part = seen === length ? x : tf.slice(x, [0, 0, first, 0], [batch, groups, seen, headDim]);
  return tf.reshape(part, [batch * groups, seen, headDim]);
}

/** The rows of `visible [B, T, T]` of one query block: `[B, 1, block, seen]`. */
export function maskBlock(visible: tf.Tensor, { start, end, first, last }: QueryBlock): tf.Tensor {
  const batch = visible.shape[0]!;
  const [block, seen] = [end - start, last - first];
  return tf.reshape(tf.slice(visible, [0, start, first], [batch, block, seen]), [batch, 1, block, seen]);
}

/** Attention weights of a query block, `[B·K, G·block, seen]`. */
export interface BlockWeights {
  readonly weights: tf.Tensor;
  /** Derivative of the capped scores, if scores are capped. */
  readonly slope: tf.Tensor | undefined;
}

/**
 * @param mask `[block, seen]` or `[B, 1, block, seen]`.
 * @param cap soft cap of the scores: `cap · tanh(score / cap)`.
 */
export function weightsOf(
  query: tf.Tensor,
  key: tf.Tensor,
  heads: number,
  mask: tf.Tensor,
  cap: number | undefined,
): BlockWeights {
  const [block, seen] = mask.shape.slice(-2) as [number, number];
  const raw = tf.matMul(query, key, false, true);
  const tanh = cap === undefined ? undefined : tf.tanh(tf.mul(raw, 1 / cap));
  const scores = tanh ? tf.mul(tanh, cap!) : raw;
  const batched = scores.shape[0]!;
  const rows = mask.rank === 4 ? mask.shape[0]! : batched;
  const masked = tf.add(tf.reshape(scores, [rows, (batched / rows) * heads, block, seen]), mask);
  return {
    weights: tf.reshape(tf.softmax(masked), [batched, heads * block, seen]),
    slope: tanh && tf.sub(1, tf.square(tanh)),
  };
}
