/**
 * The norm of queries and keys before their rotation: of each head by itself, or of all heads of a token together.
 *
 * Dims: B rows, T tokens a row, K groups, G query heads a group, h head size. `queryKey [B, K, G + 1, T, h]` holds each
 * group's queries, then its key.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { QueryKeyNorm } from '../../spec/decoder-traits.js';
import { rmsNorm, rmsNormGradient, rmsNormWeightTerms } from '../rms-norm.js';

/** Groups, heads of a group, entries of a head. */
const ALL_HEADS = [1, 2, 4];

/**
 * @param weight `[G + 1, 1, h]` for single heads, `[K, G + 1, 1, h]` for all heads together.
 */
export function normQueryKey(
  kind: QueryKeyNorm,
  queryKey: tf.Tensor,
  weight: tf.Tensor,
  epsilon: number,
): tf.Tensor {
  if (kind === 'head') return rmsNorm(queryKey, weight, epsilon);
  return together(apart(queryKey), apart(weight), (x, w) => rmsNorm(x, w, epsilon, ALL_HEADS));
}

/** dL/dqueryKey for `dy`, the gradient of {@link normQueryKey}'s result. */
export function normQueryKeyGradient(
  kind: QueryKeyNorm,
  queryKey: tf.Tensor,
  weight: tf.Tensor,
  epsilon: number,
  dy: tf.Tensor,
): tf.Tensor {
  if (kind === 'head') return rmsNormGradient(queryKey, weight, epsilon, dy);
  const ofOutput = apart(dy);
  return together(apart(queryKey), apart(weight), (x, w, part) =>
    rmsNormGradient(x, w, epsilon, ofOutput[part]!, ALL_HEADS),
  );
}

/**
 * dL/dweight for `dy`, the gradient of {@link normQueryKey}'s result; of the weight's shape. The queries of a group share
 * the weight of single heads, so each of them has the gradient of the shared one.
 */
export function queryKeyNormGradient(
  kind: QueryKeyNorm,
  queryKey: tf.Tensor,
  epsilon: number,
  dy: tf.Tensor,
): tf.Tensor {
  if (kind === 'head') {
    const byHead = tf.sum(rmsNormWeightTerms(queryKey, epsilon, dy), [0, 1, 3]); // [G + 1, h]
    const [heads, h] = byHead.shape as [number, number];
    const [ofQueries, ofKey] = tf.split(byHead, [heads - 1, 1], 0) as [tf.Tensor, tf.Tensor];
    const shared = tf.sum(ofQueries, 0, true); // [1, h]
    return tf.reshape(tf.concat([tf.tile(shared, [heads - 1, 1]), ofKey]), [heads, 1, h]);
  }
  const ofOutput = apart(dy);
  const terms = apart(queryKey).map((x, part) => rmsNormWeightTerms(x, epsilon, ofOutput[part]!, ALL_HEADS));
  return tf.sum(tf.sum(tf.concat(terms, 2), 0), 2, true); // [K, G + 1, 1, h]
}

/** Queries and keys: `[.., G + 1, T, h]` → `[.., G, T, h]` and `[.., 1, T, h]`. */
function apart(x: tf.Tensor): tf.Tensor[] {
  const axis = x.rank - 3;
  return tf.split(x, [x.shape[axis]! - 1, 1], axis);
}

function together(
  parts: readonly tf.Tensor[],
  weights: readonly tf.Tensor[],
  norm: (x: tf.Tensor, weight: tf.Tensor, part: number) => tf.Tensor,
): tf.Tensor {
  return tf.concat(
    parts.map((part, i) => norm(part, weights[i]!, i)),
    2,
  );
}
