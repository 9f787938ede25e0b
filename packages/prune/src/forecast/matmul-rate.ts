import type { DecoderConfig } from '@grasp/decoder';
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/open-engine.js';
import type { PruneSettings } from '../settings/schema.js';

/** Operations per second in matrix products: with weights of a run's dtype, and with float32 weights. */
export interface MatMulRates {
  readonly weights: number;
  readonly float32: number;
}

/** Longest side of the timed product: large enough for full speed, small enough for WASM. */
const LONGEST_SIDE = 1024;

/** Shortest time that gives a reliable rate. */
const LEAST_MILLISECONDS = 300;

/** Measures what {@link forecastSeconds} needs, in about half a second for each dtype. */
export async function matMulRates(
  engine: Engine,
  config: Pick<DecoderConfig, 'hiddenSize' | 'layers'>,
  dtype: PruneSettings['engine']['dtype'],
): Promise<MatMulRates> {
  const float32 = await matMulRate(engine, config, 'float32');
  return { weights: dtype === 'float32' ? float32 : await matMulRate(engine, config, dtype), float32 };
}

/**
 * Measures the operations per second that an engine reaches in products of activations and weights. A multiplication
 * and an addition count as two. Takes about half a second.
 */
export async function matMulRate(
  { runtime }: Engine,
  { hiddenSize, layers }: Pick<DecoderConfig, 'hiddenSize' | 'layers'>,
  dtype: PruneSettings['engine']['dtype'] = 'float32',
): Promise<number> {
  const channels = Math.max(1, ...layers.map((layer) => layer.channels));
  const tokens = 512;
  const [inputs, outputs] = [Math.min(LONGEST_SIDE, hiddenSize), Math.min(LONGEST_SIDE, channels)];
  const activations = tf.randomNormal([tokens, inputs]);
  const weights =
    dtype === 'bfloat16' && runtime.bfloat16
      ? runtime.bfloat16.fromBits(new Uint16Array(outputs * inputs).fill(0x3f80), [outputs, inputs]) // all ones
      : tf.randomNormal([outputs, inputs]);
  /** The time of some products in milliseconds. Reading the last result waits for all of them. */
  const timeOf = async (products: number): Promise<number> => {
    const start = performance.now();
    for (let i = 1; i <= products; i++) {
      const result = runtime.matMul(activations, weights, false, true);
      if (i === products) await result.data();
      result.dispose();
    }
    return performance.now() - start;
  };
  await timeOf(1); // the first product sets things up
  let products = 1;
  let milliseconds = await timeOf(products);
  while (milliseconds < LEAST_MILLISECONDS) {
    // Enough by this rate and a bit more; short times say little, so 16 times as many at most.
    products *= Math.min(16, Math.max(2, Math.ceil((1.2 * LEAST_MILLISECONDS) / milliseconds)));
    milliseconds = await timeOf(products);
  }
  tf.dispose([activations, weights]);
  return (products * 2 * tokens * inputs * outputs) / (milliseconds / 1000);
}
