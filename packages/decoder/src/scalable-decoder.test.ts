import { foldCheckpoint } from '@grasp/fold';
import { random, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from './decoder.js';
import { loadDecoder } from './load-decoder.js';
import { ScalableDecoder, scaleLayout, scaleSlices, withNorms } from './scalable-decoder.js';
import { prunedConfig } from './units.js';

const config: TinyConfig = {
  model_type: 'qwen2',
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  num_hidden_layers: 2,
  vocab_size: 50,
  tie_word_embeddings: true,
};
const checkpoint = randomCheckpoint(config, 3);
const batch = randomTokens(2, 16, 50, 2);

/** Scales around 1 where kept, with a third of the units removed. */
function setup(decoder: Decoder) {
  const next = random(9);
  const mask = Uint8Array.from({ length: decoder.layout.size }, () => (next() < 0.7 ? 1 : 0));
  const kept = withNorms(decoder.config, mask);
  const scales = Float32Array.from(kept, (m) => m * (0.7 + 0.6 * next()));
  const split = (all: Float32Array) => [all.subarray(0, mask.length), all.subarray(mask.length)] as const;
  return { mask, kept, scales, split };
}

/** Central difference of `f` at one entry. */
async function slope(f: (x: Float32Array) => Promise<number>, x: Float32Array, at: number): Promise<number> {
  const step = 1e-2;
  const moved = (by: number) => x.map((value, i) => (i === at ? value + by : value));
  return ((await f(moved(step))) - (await f(moved(-step)))) / (2 * step);
}

describe('ScalableDecoder', () => {
  beforeAll(() => tf.setBackend('wasm'));

  it('has gradients that equal finite differences, of gains and scales alike', async () => {
    const decoder = await loadDecoder(checkpoint);
    const model = new ScalableDecoder(decoder);
    const { kept, scales } = setup(decoder);
    const { gradients } = await model.lossAndGateGradients(batch, scales);
    const loss = async (at: Float32Array) => (await model.lossAndGateGradients(batch, at)).loss;
    for (let unit = 0; unit < kept.length; unit += 17) {
      if (kept[unit] === 0) continue;
      expect(Math.abs(gradients[unit]! - (await slope(loss, scales, unit)))).toBeLessThan(2e-3); // measured 3e-4
    }
    decoder.dispose();
  });

  it('folds gains into norms: the written model says the same', async () => {
    const decoder = await loadDecoder(checkpoint);
    const { mask, kept, scales, split } = setup(decoder);
    const expected = await decoder.negLogLikelihood(batch, ...split(scales));
    const view = foldCheckpoint(checkpoint, {
      layout: scaleLayout(decoder.config),
      slices: scaleSlices(decoder.config).filter(({ tensor }) => checkpoint.tensors.has(tensor)),
      mask: kept,
      scales,
      config: prunedConfig(checkpoint.config, decoder.config, mask),
    });
    const folded = await loadDecoder(view);
    const found = await folded.negLogLikelihood(batch);
    expect(Math.max(...found.map((x, i) => Math.abs(x - expected[i]!)))).toBeLessThan(1e-5); // measured 2e-6
    decoder.dispose();
    folded.dispose();
  });

  it('leaves the decoder as it was, and no tensor behind', async () => {
    const decoder = await loadDecoder(checkpoint);
    const model = new ScalableDecoder(decoder);
    const { scales } = setup(decoder);
    const before = await decoder.negLogLikelihood(batch);
    const { numTensors } = tf.memory();
    await model.lossAndGateGradients(batch, scales);
    expect(await decoder.negLogLikelihood(batch)).toEqual(before);
    expect(tf.memory().numTensors).toBe(numTensors);
    decoder.dispose();
  });
});
