import { random, randomCheckpoint, randomTokens } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, it } from 'vitest';
import { loadDecoder } from '../load-decoder.js';
import { initialLora } from '../recovery/lora-parameters.js';
import { normCount } from '../recovery/norm-parameters.js';
import type { TrainingBatch } from '../training/training-batch.js';

const config = {
  model_type: 'llama',
  hidden_size: 24,
  intermediate_size: 40,
  num_attention_heads: 6,
  num_key_value_heads: 3,
  head_dim: 8,
  num_hidden_layers: 2,
  vocab_size: 61,
  tie_word_embeddings: true,
} as const;
beforeAll(() => tf.setBackend('wasm'));

it('has the gradients of a distillation in norms and LoRA, by finite differences', async () => {
  const decoder = await loadDecoder(randomCheckpoint(config, 7));
  const teacher = await loadDecoder(randomCheckpoint(config, 8));
  const next = random(3);
  const mask = new Uint8Array(decoder.layout.size).fill(1);
  const lora = initialLora(decoder.config, mask, 2, next).map((value) => value + 0.1 * (next() - 0.5));
  const norms = Float32Array.from({ length: normCount(decoder.config) }, () => 0.8 + 0.4 * next());
  const batches: TrainingBatch[] = [];
  for (const [rows, seed] of [
    [2, 11],
    [1, 12],
  ] as const) {
    const tokens = randomTokens(rows, 14, config.vocab_size, seed);
    const counted = Uint8Array.from({ length: rows * 13 }, () => (next() < 0.6 ? 1 : 0));
    const distil = { teacher: await teacher.under().topLogits(tokens, 8), share: 0.75 };
    batches.push({ ...tokens, counted, distil });
  }
  await decoder.distilGradients({ norms, lora }, batches); // positions are kept
  const before = tf.memory().numTensors;
  const found = await decoder.distilGradients({ norms, lora }, batches);
  expect(tf.memory().numTensors).toBe(before);
  const lossAt = async (group: 'norms' | 'lora', at: number, step: number) => {
    const moved = { norms: norms.slice(), lora: lora.slice() };
    moved[group][at]! += step;
    const { nll, kl } = await decoder.distilGradients(moved, batches);
    return 0.75 * kl! + 0.25 * nll;
  };
  for (const group of ['norms', 'lora'] as const) {
    const gradients = found[group];
    const largest = gradients.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    for (let i = 0; i < 6; i++) {
      const at = Math.floor(next() * gradients.length);
      const step = 1 / 64;
      const slope = ((await lossAt(group, at, step)) - (await lossAt(group, at, -step))) / (2 * step);
      expect(Math.abs(slope - gradients[at]!)).toBeLessThan(2e-2 * largest);
    }
  }
  await expect(decoder.distilGradients({ norms }, batches)).rejects.toThrow('need LoRA factors');
  decoder.dispose();
  teacher.dispose();
});
