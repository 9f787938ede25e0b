import { loadDecoder, projectionName } from '@grasp/decoder';
import { difference, randomCheckpoint, randomTokens } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { toFloat32 } from '@grasp/checkpoint';
import { expect, it } from 'vitest';
import { inputImportance } from './input-importance.js';

const [d, vocabulary] = [16, 31];
const checkpoint = randomCheckpoint(
  {
    ...{ model_type: 'llama', hidden_size: d, intermediate_size: 24, num_hidden_layers: 2 },
    ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 8, vocab_size: vocabulary },
    tie_word_embeddings: true,
  },
  3,
);

it('is the mean square of what each column of a matrix meets', async () => {
  await tf.setBackend('wasm');
  const decoder = await loadDecoder(checkpoint);
  const batches = [1, 2, 3].map((seed) => randomTokens(2, 7, vocabulary, seed));
  const told: string[] = [];
  const importance = await inputImportance(decoder.under(), batches, (done, total) =>
    told.push(`${done}/${total}`),
  );
  expect(told).toEqual(['1/3', '2/3', '3/3']);
  const projections = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
  const names = [0, 1].flatMap((layer) => projections.map((name) => projectionName(layer, name, 'weight')));
  expect([...importance.keys()].sort()).toEqual([...names].sort());
  for (const name of names)
    expect(importance.get(name)).toHaveLength(checkpoint.tensors.get(name)!.shape[1]!);

  // The first layer reads normed embeddings, which follow from the weights alone.
  const embedding = toFloat32(await checkpoint.read('model.embed_tokens.weight'));
  const norm = toFloat32(await checkpoint.read('model.layers.0.input_layernorm.weight'));
  const ids = batches.flatMap((batch) => [...batch.ids]);
  const expected = new Float32Array(d);
  for (const id of ids) {
    const row = embedding.subarray(id * d, (id + 1) * d);
    const square = row.reduce((sum, x) => sum + x * x, 0) / d + decoder.config.normEpsilon;
    for (let j = 0; j < d; j++) expected[j]! += (row[j]! * norm[j]!) ** 2 / square / ids.length;
  }
  expect(
    difference(importance.get('model.layers.0.self_attn.k_proj.weight')!, expected).relative,
  ).toBeLessThan(1e-5);
  decoder.dispose();
});
