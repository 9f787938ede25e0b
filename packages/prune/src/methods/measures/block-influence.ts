import type { DecoderView, TokenBatch } from '@grasp/decoder';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Block influence of each layer, `1 − mean_t cos(x_t, y_t)` of the residual stream before and after it (ShortGPT, arXiv
 * 2403.03853, equation 1). A layer with little influence hardly turns its input.
 *
 * @returns one value per layer.
 */
export async function blockInfluence(
  view: DecoderView,
  batches: Iterable<TokenBatch>,
): Promise<Float64Array> {
  const sums: number[] = [];
  let tokens = 0;
  let before: tf.Tensor | undefined;
  try {
    await view.observe(batches, ['layers.*.before', 'layers.*.after'], async (site, x) => {
      const [, number, end, ofSublayer] = site.split('.');
      if (ofSublayer !== undefined) return; // the stream around a sublayer
      const layer = Number(number);
      if (end === 'before') {
        before?.dispose();
        before = x.clone();
        return;
      }
      const cosines = tf.tidy(() => {
        const product = tf.sum(tf.mul(before!, x), 1);
        return tf.sum(tf.div(product, tf.mul(tf.norm(before!, 2, 1), tf.norm(x, 2, 1))));
      });
      sums[layer] = (sums[layer] ?? 0) + (await cosines.data())[0]!;
      cosines.dispose();
      if (layer === 0) tokens += x.shape[0];
    });
  } finally {
    before?.dispose();
  }
  return Float64Array.from(sums, (sum) => 1 - sum / tokens);
}
