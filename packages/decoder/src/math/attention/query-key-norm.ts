/**
 * The norm of queries and keys before their rotation: of each head by itself, or of all heads of a token together.
 *
 * Dims: B rows, T tokens a row, K groups, G query heads a group, h head size. `queryKey [B, K, G + 1, T, h]` holds each
 * group's queries, then its key.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { QueryKeyNorm } from '../../spec/decoder-traits.js';
import { rmsNorm, rmsNormGradient } from '../rms-norm.js';

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
