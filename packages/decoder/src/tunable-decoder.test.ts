import { foldCheckpoint } from '@grasp/fold';
import { difference, random, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { correctionUpdates, initialFactors } from './corrections.js';
import type { Decoder } from './decoder.js';
import { loadDecoder } from './load-decoder.js';
import { scaleLayout, scaleSlices, TunableDecoder, withNorms } from './tunable-decoder.js';
import { prunedConfig, unitSlices } from './units.js';

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
const RANK = 2;
const checkpoint = randomCheckpoint(config, 3);
/** Checkpoints whose matrices differ in kind: biases; norms of queries and keys; a head a group. */
const kinds = (
  [{ model_type: 'qwen2' }, { model_type: 'qwen3' }, { model_type: 'llama', num_key_value_heads: 4 }] as const
).map((kind) => randomCheckpoint({ ...config, ...kind }, 3));
const batch = randomTokens(2, 16, 50, 2);

/** Scales around 1 where kept, with a third of the units removed. */
function setup(decoder: Decoder) {
  const next = random(9);
  const mask = Uint8Array.from({ length: decoder.layout.size }, () => (next() < 0.7 ? 1 : 0));
  const kept = withNorms(decoder.config, mask);
  const scales = Float32Array.from(kept, (m) => m * (0.7 + 0.6 * next()));
  const tuned = (values: Float32Array, factors?: Float32Array) =>
    [values.subarray(0, mask.length), { gains: values.subarray(mask.length), factors }] as const;
  // Of any value: those to start from have a B of 0.
  const factors = initialFactors(decoder.config, mask, RANK, next).map((a) => a || (next() - 0.5) / 4);
  return { mask, kept, scales, tuned, factors };
}

/** Central difference of `f` at one entry. */
async function slope(f: (x: Float32Array) => Promise<number>, x: Float32Array, at: number): Promise<number> {
  const step = 1e-2;
  const moved = (by: number) => x.map((value, i) => (i === at ? value + by : value));
  return ((await f(moved(step))) - (await f(moved(-step)))) / (2 * step);
}

/** `−Σ_v q_v·log p_v`, mean over the targets, of logits `[rows, length, vocabulary]`. */
function meanCrossEntropy(of: Float32Array, by: Float32Array): number {
  const [rows, length] = batch.shape;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    for (let t = 0; t < length - 1; t++) {
      const start = (row * length + t) * config.vocab_size;
      const [a, b] = [of, by].map((logits) => logits.subarray(start, start + config.vocab_size));
      const total = (logits: Float32Array) => logits.reduce((all, x) => all + Math.exp(x), 0);
      const mean = a!.reduce((all, x, v) => all + Math.exp(x) * b![v]!, 0) / total(a!);
      sum += Math.log(total(b!)) - mean;
    }
  }
  return sum / (rows * (length - 1));
}

describe('TunableDecoder', () => {
  beforeAll(() => tf.setBackend('wasm'));

  it('has gradients that equal finite differences, of gains and scales alike', async () => {
    const decoder = await loadDecoder(checkpoint);
    const model = new TunableDecoder(decoder);
    const { kept, scales } = setup(decoder);
    const { gradients } = await model.lossAndGateGradients(batch, scales);
    const loss = async (at: Float32Array) => (await model.lossAndGateGradients(batch, at)).loss;
    for (let unit = 0; unit < kept.length; unit += 17) {
      if (kept[unit] === 0) continue;
      expect(Math.abs(gradients[unit]! - (await slope(loss, scales, unit)))).toBeLessThan(2e-3); // measured 3e-4
    }
    decoder.dispose();
  });

  it.each(kinds)(
    'has gradients of corrections that equal finite differences, $config.model_type',
    async (each) => {
      const decoder = await loadDecoder(each);
      const { mask, scales, factors } = setup(decoder);
      const model = new TunableDecoder(decoder, { mask, rank: RANK });
      const values = Float32Array.of(...scales, ...factors);
      expect(model.layout.size).toBe(values.length);
      const { gradients } = await model.lossAndGateGradients(batch, values);
      const loss = async (at: Float32Array) => (await model.lossAndGateGradients(batch, at)).loss;
      const found = gradients.subarray(model.scales);
      expect(found.every((g) => g !== 0)).toBe(true);
      const largest = found.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
      for (let at = 0; at < factors.length; at += 41) {
        const expected = await slope(loss, values, model.scales + at);
        expect(Math.abs(found[at]! - expected)).toBeLessThan(0.02 * largest); // measured
      }
      decoder.dispose();
    },
  );

  it('is distilled from the model whose predictions it is given', async () => {
    const decoder = await loadDecoder(checkpoint);
    const model = new TunableDecoder(decoder);
    const { scales } = setup(decoder);
    const open = new Float32Array(model.layout.size).fill(1);
    const rows = await decoder.expectedRows(batch);
    // Of itself there is nothing to learn: the gradient of its own predictions is 0.
    const own = await model.lossAndGateGradients({ ...batch, expected: { rows, shares: [1, 1] } }, open);
    expect(Math.max(...own.gradients.map(Math.abs))).toBeLessThan(1e-5); // measured
    const shares = [
      [0, 0],
      [0.5, 0.5],
      [1, 1],
      [1, 0],
      [0, 1],
    ];
    const [none, half, whole, first, second] = await Promise.all(
      shares.map((of) => model.lossAndGateGradients({ ...batch, expected: { rows, shares: of } }, scales)),
    );
    expect(none).toEqual(await model.lossAndGateGradients(batch, scales));
    expect(half!.loss).toBeCloseTo((none!.loss + whole!.loss) / 2, 5);
    // Each row has a share of its own.
    expect(first!.loss + second!.loss).toBeCloseTo(none!.loss + whole!.loss, 5);
    expect(Math.abs(first!.loss - none!.loss)).toBeGreaterThan(1e-3);
    await expect(
      model.lossAndGateGradients({ ...batch, expected: { rows, shares: [1] } }, scales),
    ).rejects.toThrow('shares');
    decoder.dispose();
  });

  it('measures predictions against predictions, over the whole vocabulary', async () => {
    const decoder = await loadDecoder(checkpoint);
    const { scales } = setup(decoder);
    const gates = scales.subarray(0, decoder.layout.size);
    const rows = await decoder.expectedRows(batch);
    const expected = { ...batch, expected: { rows, shares: [1, 1] } };
    const { loss } = await decoder.lossAndGateGradients(expected, gates, { units: 'kept' });
    const [dense, pruned] = [await decoder.logits(batch), await decoder.logits(batch, gates)];
    expect(loss).toBeCloseTo(meanCrossEntropy(dense, pruned), 4);
    decoder.dispose();
  });

  it('folds gains into norms: the written model says the same', async () => {
    const decoder = await loadDecoder(checkpoint);
    const { mask, kept, scales, tuned } = setup(decoder);
    const expected = await decoder.negLogLikelihood(batch, ...tuned(scales));
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

  it.each(kinds)(
    'adds corrections to the matrices: the written $config.model_type says the same',
    async (each) => {
      const decoder = await loadDecoder(each);
      const { mask, scales, tuned, factors } = setup(decoder);
      const ones = scales.map((scale) => (scale === 0 ? 0 : 1));
      const expected = await decoder.negLogLikelihood(batch, ...tuned(ones, factors));
      const plain = await decoder.negLogLikelihood(batch, ...tuned(ones));
      expect(difference(expected, plain).relative).toBeGreaterThan(1e-3);
      const view = foldCheckpoint(each, {
        changes: { lowRank: correctionUpdates(decoder.config, mask, RANK, factors) },
        layout: decoder.layout,
        slices: unitSlices(decoder.config).filter(({ tensor }) => each.tensors.has(tensor)),
        mask,
        config: prunedConfig(each.config, decoder.config, mask),
      });
      const folded = await loadDecoder(view);
      expect(difference(await folded.negLogLikelihood(batch), expected).relative).toBeLessThan(1e-5);
      decoder.dispose();
      folded.dispose();
    },
  );

  it('leaves the decoder as it was, and no tensor behind', async () => {
    const decoder = await loadDecoder(checkpoint);
    const { mask, scales, factors } = setup(decoder);
    const model = new TunableDecoder(decoder, { mask, rank: RANK });
    const values = Float32Array.of(...scales, ...factors);
    const before = await decoder.negLogLikelihood(batch);
    const { numTensors } = tf.memory();
    await model.lossAndGateGradients(batch, values);
    expect(await decoder.negLogLikelihood(batch)).toEqual(before);
    expect(tf.memory().numTensors).toBe(numTensors);
    decoder.dispose();
  });
});
