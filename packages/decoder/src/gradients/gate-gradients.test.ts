import { difference, random, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
// Registers the gradients that tfjs-core alone does not.
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { plainLoss } from '../../test/plain-decoder.js';
import { loadDecoder } from '../load-decoder.js';
import { eagerRuntime } from '../runtime/runtime.js';

const shape = {
  hidden_size: 24,
  intermediate_size: 40,
  num_attention_heads: 6,
  num_key_value_heads: 3,
  head_dim: 8,
  num_hidden_layers: 3,
  vocab_size: 61,
  tie_word_embeddings: true,
};
const llama3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 16,
};
const cases: [string, TinyConfig][] = [
  ['llama, grouped, tied', { ...shape, model_type: 'llama' }],
  [
    'llama, one head a group, untied',
    { ...shape, model_type: 'llama', num_key_value_heads: 6, tie_word_embeddings: false },
  ],
  [
    'llama, biases and scaled rope',
    { ...shape, model_type: 'llama', attention_bias: true, mlp_bias: true, rope_scaling: llama3 },
  ],
  ['mistral, head size of its own', { ...shape, model_type: 'mistral', head_dim: 6, sliding_window: null }],
  ['qwen2', { ...shape, model_type: 'qwen2' }],
  ['qwen3', { ...shape, model_type: 'qwen3', head_dim: 10 }],
];

/** As suits a processor; as suits a GPU, all 400 queries at once; and so few that the head goes through four tiles. */
it.each([undefined, 2 ** 20, 2 ** 8])(
  'gate gradients of rows longer than a block of queries equal automatic differentiation, pieces of %s',
  async (pieceEntries) => {
    await tf.setBackend('wasm');
    const checkpoint = randomCheckpoint(
      { ...shape, model_type: 'llama', num_hidden_layers: 1, max_position_embeddings: 512, vocab_size: 200 },
      8,
    );
    const batch = randomTokens(1, 400, 200, 12);
    const runtime = { ...eagerRuntime, ...(pieceEntries === undefined ? {} : { pieceEntries }) };
    const decoder = await loadDecoder(checkpoint, { runtime });
    const gates = Float32Array.from({ length: decoder.layout.size }, (_, i) => (i % 3 === 0 ? 0 : 1));
    const { grad } = tf.valueAndGrad(await plainLoss(checkpoint, decoder.config, batch, true))(
      tf.tensor1d(gates),
    );
    const { gradients } = await decoder.lossAndGateGradients(batch, gates);
    expect(difference(gradients, await grad.data<'float32'>()).relative).toBeLessThan(2e-4);
    decoder.dispose();
  },
);

describe.each(cases)('gate gradients of %s', (_name, config) => {
  beforeAll(() => tf.setBackend('wasm'));
  const checkpoint = randomCheckpoint(config, 7);
  const batch = randomTokens(2, 20, config.vocab_size, 11);

  /** A hard mask with some gates off 0 and 1, as scale calibration has them. */
  const gatesOf = (size: number, soft: boolean) => {
    const next = random(soft ? 3 : 5);
    return Float32Array.from({ length: size }, () => (next() < 0.5 ? 0 : soft ? 0.5 + next() : 1));
  };

  it.each([false, true])('equal automatic differentiation (scaled: %s)', async (soft) => {
    const decoder = await loadDecoder(checkpoint);
    const gates = gatesOf(decoder.layout.size, soft);
    const gateKeys = decoder.config.groupGate === 'key-value';
    const loss = await plainLoss(checkpoint, decoder.config, batch, gateKeys);
    const { value, grad } = tf.valueAndGrad(loss)(tf.tensor1d(gates));
    const expected = await grad.data<'float32'>();

    const all = await decoder.lossAndGateGradients(batch, gates);
    expect(all.loss).toBeCloseTo((await value.data())[0]!, 4);
    expect(difference(all.gradients, expected).relative).toBeLessThan(2e-4);

    const kept = await decoder.lossAndGateGradients(batch, gates, { units: 'kept' });
    const keptExpected = expected.map((g, i) => (gates[i] === 0 ? 0 : g));
    const keptFound = kept.gradients.map((g, i) => (gates[i] === 0 ? 0 : g));
    expect(difference(keptFound, keptExpected).relative).toBeLessThan(2e-4);
    decoder.dispose();
  });

  it('equal finite differences', async () => {
    const decoder = await loadDecoder(checkpoint);
    const gates = gatesOf(decoder.layout.size, true);
    const { gradients } = await decoder.lossAndGateGradients(batch, gates);
    const largest = gradients.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    const step = 1 / 32;
    for (const block of decoder.layout.blocks) {
      const unit = block.start + Math.floor(block.count / 2);
      const lossAt = async (offset: number) => {
        const moved = Float32Array.from(gates);
        moved[unit] = moved[unit]! + offset;
        return (await decoder.lossAndGateGradients(batch, moved, { units: 'kept' })).loss;
      };
      const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
      // Keys and values are scaled alike, so the loss curves in a group's gate; the step is a compromise.
      expect(Math.abs(slope - gradients[unit]!)).toBeLessThan(2e-2 * largest);
    }
    decoder.dispose();
  });

  it('of the tokens that a loss mask counts add up to those of all', async () => {
    const decoder = await loadDecoder(checkpoint);
    const gates = gatesOf(decoder.layout.size, true);
    const next = random(9);
    const lossMask = Uint8Array.from(batch.ids, () => (next() < 0.3 ? 1 : 0));
    const masks = [lossMask, lossMask.map((one) => 1 - one)];
    const all = await decoder.lossAndGateGradients(batch, gates);
    const targets = masks.map((mask) => mask.filter((one, i) => one === 1 && i % 20 > 0).length);
    const sum = { loss: 0, gradients: new Float32Array(gates.length) };
    for (const [i, mask] of masks.entries()) {
      const part = await decoder.lossAndGateGradients({ ...batch, lossMask: mask }, gates);
      expect(part.loss).not.toBeCloseTo(all.loss, 4);
      const share = targets[i]! / (2 * 19);
      sum.loss += share * part.loss;
      part.gradients.forEach((g, unit) => {
        sum.gradients[unit]! += share * g;
      });
    }
    expect(sum.loss).toBeCloseTo(all.loss, 5);
    expect(difference(sum.gradients, all.gradients).relative).toBeLessThan(1e-5);
    const none = { ...batch, lossMask: new Uint8Array(batch.ids.length) };
    await expect(decoder.lossAndGateGradients(none, gates)).rejects.toThrow('counts no target');
    decoder.dispose();
  });

  it('leaves no tensor behind', async () => {
    const decoder = await loadDecoder(checkpoint);
    const gates = gatesOf(decoder.layout.size, false);
    await decoder.lossAndGateGradients(batch, gates);
    const short = randomTokens(1, 6, config.vocab_size, 12);
    const before = tf.memory().numTensors;
    for (let step = 0; step < 14; step++) {
      const other = gates.map((z, i) => ((i + step) % 7 === 0 ? 1 - z : z));
      await decoder.lossAndGateGradients(short, other, { units: step % 2 === 0 ? 'all' : 'kept' });
      await decoder.under({ gates: other }).negLogLikelihood(short);
    }
    // Parts of a block that has no pruned unit are views fewer; back at the same gates the count is the same.
    await decoder.lossAndGateGradients(batch, gates);
    expect(tf.memory().numTensors).toBe(before);
    decoder.dispose();
  });
});
