import { decoderCheckpoint, loadDecoder } from '@grasp/decoder';
import { difference, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { expect, it } from 'vitest';
import { prunedView } from '../run/pruned-view.js';
import { compensatingBiases } from './compensating-biases.js';
import { MethodError } from './errors.js';
import { activationStatistics } from './measures/activation-statistics.js';

const config: TinyConfig = {
  model_type: 'llama',
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  num_hidden_layers: 1,
  vocab_size: 31,
  tie_word_embeddings: true,
};
const batches = [1, 2].map((seed) => randomTokens(1, 20, 31, seed));

it('keeps the mean output of a sublayer whose input is the dense one', async () => {
  await tf.setBackend('wasm');
  const checkpoint = decoderCheckpoint(
    randomCheckpoint({ ...config, attention_bias: true, mlp_bias: true }, 3),
  );
  const model = await loadDecoder(checkpoint);
  const site = ['layers.0.ffn.output', 'layers.0.attention.output'];
  const dense = await activationStatistics(model.under(), batches, site);
  for (const [kind, name] of [
    ['ffn', site[0]!],
    ['kv', site[1]!],
  ] as const) {
    const mask = new Uint8Array(model.layout.size).fill(1);
    const block = model.layout.blocks.find((each) => each.kind === kind)!;
    mask.fill(0, block.start, block.start + Math.floor(block.count / 2));
    const biases = await compensatingBiases({ model, checkpoint, batches }, mask);
    expect(biases).toHaveLength(1);
    const gaps: number[] = [];
    for (const changes of [{}, { biases }]) {
      const pruned = await loadDecoder(prunedView(checkpoint, mask, undefined, changes));
      const found = await activationStatistics(pruned.under(), batches, [name]);
      gaps.push(
        difference(Float32Array.from(found.get(name)!.mean), Float32Array.from(dense.get(name)!.mean))
          .relative,
      );
      pruned.dispose();
    }
    expect(gaps[0]).toBeGreaterThan(0.01);
    expect(gaps[1]).toBeLessThan(1e-4);
  }
  model.dispose();
});

it('refuses families without such a bias', async () => {
  await tf.setBackend('wasm');
  const checkpoint = decoderCheckpoint(randomCheckpoint(config, 3));
  const model = await loadDecoder(checkpoint);
  const mask = new Uint8Array(model.layout.size).fill(1);
  expect(await compensatingBiases({ model, checkpoint, batches }, mask)).toEqual([]);
  mask[0] = 0;
  await expect(compensatingBiases({ model, checkpoint, batches }, mask)).rejects.toThrow(MethodError);
  await expect(compensatingBiases({ model, checkpoint, batches }, mask)).rejects.toThrow('down_proj.bias');
  const biases = [{ tensor: 'model.layers.0.mlp.down_proj.bias', added: new Float32Array(16) }];
  expect(() => prunedView(checkpoint, mask, undefined, { biases })).toThrow('no such tensor');
  model.dispose();
});
