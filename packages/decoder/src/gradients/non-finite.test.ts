import { randomCheckpoint, randomTokens } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, it } from 'vitest';
import { loadDecoder } from '../load-decoder.js';

const config = {
  model_type: 'llama',
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  num_hidden_layers: 3,
  vocab_size: 31,
  tie_word_embeddings: true,
} as const;

beforeAll(() => tf.setBackend('wasm'));

it('a loss that is not finite names the first layer at fault, and leaves no tensor', async () => {
  const checkpoint = randomCheckpoint(config, 1);
  const broken = 'model.layers.1.mlp.up_proj.weight';
  const decoder = await loadDecoder({
    ...checkpoint,
    read: async (name) => {
      const tensor = await checkpoint.read(name);
      if (name === broken) tensor.data[5] = Infinity;
      return tensor;
    },
  });
  const batch = randomTokens(1, 8, config.vocab_size, 2);
  const gates = new Float32Array(decoder.layout.size).fill(1);
  const attempt = () => decoder.lossAndGateGradients(batch, gates);
  await expect(attempt()).rejects.toThrow("comes from layer 1's FFN");
  const { numTensors } = tf.memory();
  await expect(attempt()).rejects.toMatchObject({ code: 'GRASP_NON_FINITE', layer: 1 });
  expect(tf.memory().numTensors).toBe(numTensors);
  decoder.dispose();
});
