import { toFloat32 } from '@grasp/checkpoint';
import { adamW } from '@grasp/gates';
import { difference, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, it } from 'vitest';
import type { Decoder } from '../decoder.js';
import { loadDecoder } from '../load-decoder.js';
import { eagerRuntime } from '../runtime/runtime.js';
import type { TrainingBatch } from './training-batch.js';
import type { WeightTraining } from './weight-training.js';

const config: TinyConfig = {
  model_type: 'llama',
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  num_hidden_layers: 2,
  vocab_size: 31,
  tie_word_embeddings: true,
};
const checkpoint = randomCheckpoint(config, 3);
const rates = { matrix: 1e-3, bias: 1e-3, norm: 1e-2 };
const batchAt = (step: number): TrainingBatch => randomTokens(2, 12, config.vocab_size, 10 + step);

beforeAll(() => tf.setBackend('wasm'));

const logitsOf = (decoder: Decoder) => decoder.under().logits(randomTokens(1, 8, config.vocab_size, 1));

async function stateOf(training: WeightTraining): Promise<Map<string, Float32Array>> {
  const state = new Map<string, Float32Array>();
  for (const tensor of training.state()) state.set(tensor.name, (await tensor.read()).slice());
  return state;
}

it.each([true, false])(
  'ends in the same bytes when it is resumed, and leaves no tensor behind: relative rates %s',
  async (relative) => {
    const straight = await loadDecoder(checkpoint);
    await straight.negLogLikelihood(batchAt(0)); // makes tables of positions, which stay
    const before = tf.memory().numTensors;
    const training = straight.training({ clip: 0.5, relative });
    let middle = new Map<string, Float32Array>();
    for (let step = 0; step < 4; step++) {
      if (step === 2) middle = await stateOf(training);
      await training.train([batchAt(step)], rates);
    }
    const resumed = await loadDecoder(checkpoint);
    const again = resumed.training({ clip: 0.5, relative });
    await again.restore(2, async (name) => middle.get(name)!);
    for (let step = 2; step < 4; step++) await again.train([batchAt(step)], rates);
    expect(await stateOf(again)).toEqual(await stateOf(training));
    expect(await logitsOf(resumed)).toEqual(await logitsOf(straight));
    again.dispose();
    resumed.dispose();
    training.dispose();
    expect(tf.memory().numTensors).toBe(before);
    straight.dispose();
  },
);

it.each([false, true])('updates as AdamW does on the host, with a relative rate: %s', async (relative) => {
  const decoder = await loadDecoder(checkpoint);
  const training = decoder.training({ betas: [0.9, 0.95], weightDecay: 0.1, relative });
  const name = 'model.layers.1.mlp.down_proj.weight';
  const read = async () => toFloat32(await training.checkpoint(checkpoint).read(name)).slice();
  const expected = await read();
  const size = Math.sqrt(expected.reduce((sum, x) => sum + x * x, 0) / expected.length);
  const learningRate = rates.matrix * (relative ? size : 1);
  const host = adamW({ learningRate, betas: [0.9, 0.95], weightDecay: 0.1 });
  let state = host.init(expected.length);
  for (let step = 0; step < 3; step++) {
    // The gradient is what the first moment learns.
    const first = async () => (await stateOf(training)).get('layers.1.ffn.down.first')!;
    const old = await first();
    await training.train([batchAt(step)], rates);
    const held = (await first()).map((m, i) => (m - 0.9 * old[i]!) / 0.1);
    // Held rows are units; the stored matrix is its transpose.
    const gradient = held.map((_, i) => held[(i % 24) * 16 + Math.floor(i / 24)]!);
    state = host.update(expected, gradient, state);
    expect(difference(await read(), expected).absolute).toBeLessThan(2e-5 * (step + 1));
  }
  training.dispose();
  decoder.dispose();
});

it('keeps nothing of a state that cannot be read to its end', async () => {
  const decoder = await loadDecoder(checkpoint);
  const training = decoder.training();
  const state = await stateOf(training);
  const before = tf.memory().numTensors;
  const read = async (name: string) => {
    if (name.endsWith('.second')) throw new Error('the disk failed');
    return state.get(name)!;
  };
  await expect(training.restore(1, read)).rejects.toThrow('the disk failed');
  expect(tf.memory().numTensors).toBe(before);
  training.dispose();
  decoder.dispose();
});

it('counts several batches as one', async () => {
  const rows = [batchAt(0), batchAt(1)];
  const ids = Int32Array.from(rows.flatMap((batch) => [...batch.ids]));
  const together: TrainingBatch = { ids, shape: [4, 12] };
  const states: Map<string, Float32Array>[] = [];
  for (const batches of [rows, [together]]) {
    const decoder = await loadDecoder(checkpoint);
    const training = decoder.training();
    await training.train(batches, rates);
    states.push(await stateOf(training));
    training.dispose();
    decoder.dispose();
  }
  for (const [name, values] of states[0]!) {
    if (name.endsWith('first'))
      expect(difference(values, states[1]!.get(name)!).relative, name).toBeLessThan(1e-4);
  }
});

it('goes through the head in pieces, with the same gradients and no tensor left', async () => {
  const batch: TrainingBatch = randomTokens(4, 12, config.vocab_size, 1); // 44 targets; a piece has 32
  const states: Map<string, Float32Array>[] = [];
  for (const runtime of [eagerRuntime, { ...eagerRuntime, pieceEntries: 1 }]) {
    const decoder = await loadDecoder(checkpoint, { runtime });
    const training = decoder.training();
    const teacher = await decoder.under().topLogits(batch, 4);
    await training.train([{ ...batch, distil: { teacher, share: 0.5 } }], rates);
    const before = tf.memory().numTensors;
    await training.train([{ ...batch, distil: { teacher, share: 0.5 } }], rates);
    expect(tf.memory().numTensors).toBe(before);
    states.push(await stateOf(training));
    training.dispose();
    decoder.dispose();
  }
  for (const [name, values] of states[0]!) {
    if (name.endsWith('first'))
      expect(difference(values, states[1]!.get(name)!).relative, name).toBeLessThan(1e-3);
  }
});

it('changes nothing if a loss is not finite, and names the layer', async () => {
  const broken = 'model.layers.1.mlp.up_proj.weight';
  const decoder = await loadDecoder({
    ...checkpoint,
    read: async (name) => {
      const tensor = await checkpoint.read(name);
      return name === broken
        ? {
            dtype: 'F32',
            shape: tensor.shape,
            data: toFloat32(tensor).map((w, i) => (i === 5 ? Infinity : w)),
          }
        : tensor;
    },
  });
  const training = decoder.training();
  const before = await stateOf(training);
  await expect(training.train([batchAt(0)], rates)).rejects.toMatchObject({
    code: 'GRASP_NON_FINITE',
    layer: 1,
  });
  expect(training.step).toBe(0);
  expect(await stateOf(training)).toEqual(before);
  training.dispose();
  decoder.dispose();
});

it('ends questions that are open, and answers later ones with the new weights', async () => {
  const decoder = await loadDecoder(checkpoint);
  const training = decoder.training();
  const text = decoder.under().generate(Int32Array.of(1, 2, 3), { maxTokens: 8 });
  await text.next();
  const before = await logitsOf(decoder);
  await training.train([batchAt(0)], rates);
  await expect(text.next()).rejects.toMatchObject({ code: 'GRASP_DECODER_STATE' });
  expect(await logitsOf(decoder)).not.toEqual(before);
  training.dispose();
  decoder.dispose();
});

it('refuses batches that do not fit', async () => {
  const decoder = await loadDecoder(checkpoint);
  const training = decoder.training();
  const batch = batchAt(0);
  const teacher = { ids: Int32Array.of(1, 2), logProbabilities: Float32Array.of(-1, -1) };
  for (const wrong of [
    { ...batch, counted: new Uint8Array(3) },
    { ...batch, counted: new Uint8Array(22) },
    { ...batch, distil: { teacher, share: 0.5 } },
    { ...batch, distil: { teacher, share: 2 } },
  ]) {
    await expect(training.train([wrong], rates)).rejects.toMatchObject({ code: 'GRASP_DECODER_INPUT' });
  }
  await expect(training.train([], rates)).rejects.toMatchObject({ code: 'GRASP_DECODER_INPUT' });
  training.dispose();
  decoder.dispose();
});
