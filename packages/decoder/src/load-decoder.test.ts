import { randomCheckpoint, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-wasm';
import { loadDecoder } from './load-decoder.js';

const config: TinyConfig = {
  model_type: 'llama',
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  num_hidden_layers: 2,
  vocab_size: 61,
  tie_word_embeddings: false,
};

beforeAll(() => tf.setBackend('wasm'));

describe('loadDecoder', () => {
  it.each([['qwen3', {}] as const, ['qwen2', {}] as const, ['granite', { logits_scaling: 4 }] as const])(
    'leaves no tensor behind if it fails at any tensor of %s',
    async (model_type, more) => {
      const checkpoint = randomCheckpoint({ ...config, model_type, ...more }, 5);
      const names: string[] = [];
      (await loadDecoder(checkpoint, { onTensor: (name) => names.push(name) })).dispose();
      const before = tf.memory().numTensors;
      for (const last of names.keys()) {
        let read = 0;
        const onTensor = () => {
          if (read++ === last) throw new Error('stop');
        };
        await expect(loadDecoder(checkpoint, { onTensor })).rejects.toThrow('stop');
        expect(tf.memory().numTensors, names[last]).toBe(before);
      }
    },
  );
});
