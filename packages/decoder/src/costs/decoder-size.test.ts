import { randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { describe, expect, it } from 'vitest';
import { loadDecoder } from '../load-decoder.js';
import { attentionMatrices } from '../math/attention/attention-shape.js';
import { feedForwardMatrices } from '../math/feed-forward.js';
import { decoderConfig } from '../spec/config.js';
import { decoderSize, loraSides } from './decoder-size.js';
import { weightBytes } from './layer-cost.js';
import { kvCacheBytesPerToken, layerParameters, parameterCounts } from './parameter-counts.js';

const shape: TinyConfig = {
  model_type: 'llama',
  hidden_size: 24,
  intermediate_size: 40,
  num_attention_heads: 6,
  num_key_value_heads: 3,
  head_dim: 10,
  num_hidden_layers: 3,
  vocab_size: 61,
  tie_word_embeddings: true,
};

describe.each([
  ['llama', shape],
  ['llama, untied', { ...shape, tie_word_embeddings: false }],
  ['qwen3', { ...shape, model_type: 'qwen3' }],
] satisfies [string, TinyConfig][])('the size of %s', (_name, raw) => {
  const { tensors } = randomCheckpoint(raw, 1);
  const config = decoderConfig(raw);
  /** Elements of the checkpoint's tensors with so many axes. */
  const elements = (axes: number, inLayers: boolean) =>
    [...tensors]
      .filter(([name, { shape: size }]) => size.length === axes && name.includes('.layers.') === inLayers)
      .reduce((sum, [, { shape: size }]) => sum + size.reduce((product, n) => product * n, 1), 0);

  it('is that of the tensors of a checkpoint', () => {
    const { sublayers, ends } = decoderSize(config);
    expect(sublayers).toEqual({ matrices: elements(2, true), norms: elements(1, true) });
    expect(ends).toEqual({ matrices: elements(2, false), norms: elements(1, false) });
    expect(parameterCounts(config)).toEqual({
      prunable: elements(2, true),
      total: [1, 2].reduce((sum, axes) => sum + elements(axes, true) + elements(axes, false), 0),
    });
  });
});

it('gives the bytes of weights: norms stay in float32', () => {
  expect(weightBytes({ matrices: 10, norms: 3 }, 2)).toBe(32);
});

it('has no sublayer in a layer without units', () => {
  const widths = (channels: number, kvHeads: number) => ({
    intermediate_size: channels,
    num_attention_heads: 2 * kvHeads,
    num_key_value_heads: kvHeads,
  });
  const config = decoderConfig({ ...shape, layer_shapes: [widths(40, 3), widths(5, 0), widths(0, 1)] });
  const attention = (kvHeads: number) => 24 * 10 * 6 * kvHeads; // queries, keys, values, output
  const feedForward = (channels: number) => 3 * 24 * channels;
  expect(decoderSize(config).sublayers).toEqual({
    matrices: attention(3) + feedForward(40) + feedForward(5) + attention(1),
    norms: 4 * 24,
  });
  expect(layerParameters(config)).toEqual([attention(3) + feedForward(40), feedForward(5), attention(1)]);
  expect(kvCacheBytesPerToken(config)).toBe(2 * 2 * 10 * (3 + 1));
});

it('counts the KV cache that a token of each row adds while text is generated', async () => {
  await tf.setBackend('wasm');
  const decoder = await loadDecoder(randomCheckpoint(shape, 7));
  const prompts = randomTokens(2, 5, shape.vocab_size, 3);
  const held: number[] = [];
  for await (const _ of decoder.under().generateRows(prompts, { top: 1, choose: () => 1 })) {
    held.push(tf.memory().numBytes);
    if (held.length === 3) break;
  }
  const { kvCache } = decoderSize(decoder.config);
  expect(held[2]! - held[1]!).toBe(2 * 4 * kvCache(1));
  expect(kvCache(7)).toBe(7 * kvCache(1));
  decoder.dispose();
});

it('adds up the sides of the matrices that LoRA applies to', () => {
  const config = decoderConfig(shape);
  const sizes = [...attentionMatrices(config, 3), ...feedForwardMatrices(24, 40, true)];
  const sum = (side: 0 | 1) => 3 * sizes.reduce((total, size) => total + size[side], 0); // three layers
  expect(loraSides(config, 1)).toEqual({ inputs: sum(0), outputs: sum(1) });
});
