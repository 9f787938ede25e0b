import type { DecoderConfig } from '@grasp/decoder';
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from './engine/open-engine.js';
import type { PruneSettings } from './settings/schema.js';

/** Most of each side of the product that {@link matMulRate} times: large enough for full speed, small for WASM. */
const LARGEST_SIDE = 1024;

/** Shortest time worth telling a rate by. */
const RATE_MILLISECONDS = 300;

/** Operations a second that the engine reaches in products of activations and weights: about half a second's work. */
export async function matMulRate(
  { runtime }: Engine,
  { hiddenSize, layers }: Pick<DecoderConfig, 'hiddenSize' | 'layers'>,
  dtype: PruneSettings['engine']['dtype'] = 'float32',
): Promise<number> {
  const channels = Math.max(1, ...layers.map((layer) => layer.channels));
  const [tokens, inner, outer] = [512, Math.min(LARGEST_SIDE, hiddenSize), Math.min(LARGEST_SIDE, channels)];
  const activations = tf.randomNormal([tokens, inner]);
  const weights =
    dtype === 'bfloat16' && runtime.bfloat16
      ? runtime.bfloat16.fromBits(new Uint16Array(outer * inner).fill(0x3f80), [outer, inner]) // all ones
      : tf.randomNormal([outer, inner]);
  /** Milliseconds of so many products; the last one is read, which waits for all. */
  const timeOf = async (products: number): Promise<number> => {
    const start = performance.now();
    for (let i = 1; i <= products; i++) {
      const result = runtime.matMul(activations, weights, false, true);
      if (i === products) await result.data();
      result.dispose();
    }
    return performance.now() - start;
  };
  await timeOf(1); // what the first one sets up
  let products = 1;
  let milliseconds = await timeOf(products);
  while (milliseconds < RATE_MILLISECONDS) {
    products *= 2;
    milliseconds = await timeOf(products);
  }
  tf.dispose([activations, weights]);
  return (products * 2 * tokens * inner * outer) / (milliseconds / 1000);
}
