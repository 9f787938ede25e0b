import { randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadDecoder } from '../load-decoder.js';
import { eagerRuntime, type Runtime } from '../runtime/runtime.js';
import { decoderCost } from './decoder-cost.js';
import { totalAmount } from './layer-cost.js';
import { sublayerUnits } from './units.js';

const shape = {
  hidden_size: 24,
  intermediate_size: 72,
  num_attention_heads: 6,
  num_key_value_heads: 3,
  head_dim: 10,
  num_hidden_layers: 2,
  vocab_size: 61,
  tie_word_embeddings: true,
};
const [ROWS, LENGTH] = [2, 17];
const PASS = { pass: 'step', tokens: ROWS * LENGTH, length: LENGTH } as const;

/** Every third unit of each sublayer is pruned. */
const maskOf = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => (i % 3 === 0 ? 0 : 1));

/** Bytes of the tensors that a step on kept or on all units holds when the forward pass reaches the head. */
async function bytesAtHead(config: TinyConfig, pruned: boolean): Promise<{ bytes: number; saved: number }> {
  let atHead: number | undefined;
  const runtime: Runtime = {
    ...eagerRuntime,
    matMul: (a, b, transposeA, transposeB) => {
      if (b.shape[0] === config.vocab_size) atHead ??= tf.memory().numBytes;
      return eagerRuntime.matMul(a, b, transposeA, transposeB);
    },
  };
  const decoder = await loadDecoder(randomCheckpoint(config, 7), { runtime });
  const mask = maskOf(decoder.layout.size);
  const batch = randomTokens(ROWS, LENGTH + 1, config.vocab_size, 3);
  const step = () =>
    decoder.lossAndGateGradients(batch, Float32Array.from(mask), { units: pruned ? 'all' : 'kept' });
  await step(); // permutes the weights
  atHead = undefined;
  const before = tf.memory().numBytes;
  await step();
  const { saved } = decoderCost(decoder.config, mask, { ...PASS, pruned });
  decoder.dispose();
  // A question holds the gates of the computed units, and its norms.
  const question = sublayerUnits(decoder.config, mask, pruned).reduce(
    (sum, { computed }) => sum + computed + config.hidden_size,
    0,
  );
  return {
    bytes: atHead! - before - 4 * question,
    saved: 4 * (totalAmount(saved.float32) + totalAmount(saved.weightDtype)),
  };
}

beforeAll(() => tf.setBackend('wasm'));

describe.each(['llama', 'qwen3'] as const)('elements that a step of %s saves', (model_type) => {
  it.each([true, false])(
    'are the tensors that it holds before its head (pruned units: %s)',
    async (pruned) => {
      const small = await bytesAtHead({ ...shape, model_type }, pruned);
      const large = await bytesAtHead({ ...shape, model_type, num_hidden_layers: 4 }, pruned);
      // What the head itself holds does not depend on the number of layers.
      expect(large.bytes - small.bytes).toBe(large.saved - small.saved);
      expect(large.saved).toBe(2 * small.saved);
    },
  );
});

it('bounds what exists while a sublayer and the head run', async () => {
  const config: TinyConfig = { ...shape, model_type: 'llama', intermediate_size: 480, vocab_size: 2000 };
  const pieceEntries = 2 ** 12;
  const decoder = await loadDecoder(randomCheckpoint(config, 7), {
    runtime: { ...eagerRuntime, pieceEntries },
  });
  const batch = randomTokens(ROWS, LENGTH + 1, config.vocab_size, 3);
  await decoder.negLogLikelihood(batch);
  const before = tf.memory().numBytes;
  const { peakBytes } = await tf.profile(async () => {
    await decoder.negLogLikelihood(batch);
    return [];
  });
  const { transient } = decoderCost(decoder.config, 1, { ...PASS, pass: 'likelihood', pieceEntries });
  const bound = 4 * (transient.sublayer + transient.head);
  expect(peakBytes - before).toBeLessThanOrEqual(bound);
  expect(peakBytes - before).toBeGreaterThan(bound / 3);
  decoder.dispose();
});
