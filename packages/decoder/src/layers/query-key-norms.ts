import * as tf from '@tensorflow/tfjs-core';
import type { DecoderConfig } from '../spec/config.js';
import { headRows } from '../weights/head-rows.js';
import { headNormName } from '../weights/tensor-names.js';
import type { WeightReader } from '../weights/weight-reader.js';

/**
 * The weights of the norms on queries and keys, for each of a group's queries, then its key: `[G + 1, 1, h]`, or
 * `[K, G + 1, 1, h]` if the heads do not share them.
 */
export async function readQueryKeyNorms(
  reader: WeightReader,
  config: DecoderConfig,
  layer: number,
  K: number,
): Promise<tf.Tensor | undefined> {
  const { headDim: h, queriesPerKvHead: G, normOffset, queryKeyNorm } = config;
  if (queryKeyNorm === 'none') return undefined;
  const [ofQueries, ofKeys] = queryKeyNorm === 'head' ? [h, h] : [K * G * h, K * h];
  const query = await reader.norm(headNormName(layer, 'q'), ofQueries, normOffset);
  const key = await reader.norm(headNormName(layer, 'k'), ofKeys, normOffset);
  const order = tf.tensor1d(headRows(config) ?? Int32Array.from({ length: h }, (_, i) => i), 'int32');
  const norms = reader.scope(() =>
    tf.tidy(() => {
      if (queryKeyNorm === 'head') {
        const all = tf.reshape(tf.concat([tf.tile(query, [G]), key]), [G + 1, 1, h]);
        return tf.gather(all, order, 2);
      }
      const byGroup = [tf.reshape(query, [K, G, 1, h]), tf.reshape(key, [K, 1, 1, h])];
      return tf.gather(tf.concat(byGroup, 1), order, 3);
    }),
  );
  tf.dispose([query, key, order]);
  return reader.own(norms);
}
