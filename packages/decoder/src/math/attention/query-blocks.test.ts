import { randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { loadDecoder } from '../../load-decoder.js';
import { causalMask, queryBlocks } from './query-blocks.js';

beforeAll(() => tf.setBackend('wasm'));

it('lets a query see itself and those before it, as far as its window reaches, in every block', () => {
  const size = fc.integer({ min: 1, max: 12 });
  const window = fc.oneof(size, fc.constant(undefined));
  fc.assert(
    fc.property(size, size, fc.integer({ min: 0, max: 5 }), window, (tokens, block, past, window) => {
      const seen = new Set<string>();
      for (const each of queryBlocks(tokens, block, past, window)) {
        const mask = tf.tidy(() => causalMask(each, past, window).arraySync() as number[][]);
        for (const [i, row] of mask.entries())
          for (const [j, value] of row.entries())
            if (value === 0) seen.add(`${past + each.start + i} ${each.first + j}`);
      }
      for (let query = past; query < past + tokens; query++)
        for (let key = 0; key < past + tokens; key++)
          expect(seen.has(`${query} ${key}`)).toBe(key <= query && key > query - (window ?? Infinity));
    }),
  );
});

it('needs memory that grows with the tokens of a row, not with their square, forward and backward', async () => {
  const config: TinyConfig = {
    ...{ model_type: 'llama', hidden_size: 8, intermediate_size: 8, num_attention_heads: 2 },
    ...{ num_key_value_heads: 1, head_dim: 4, num_hidden_layers: 1, vocab_size: 32 },
    ...{ max_position_embeddings: 4096, tie_word_embeddings: true },
  };
  const decoder = await loadDecoder(randomCheckpoint(config, 3));
  const gates = new Float32Array(decoder.layout.size).fill(1);
  const peak = async (tokens: number): Promise<number> => {
    const { peakBytes } = await tf.profile(async () => {
      await decoder.lossAndGateGradients(randomTokens(1, tokens, 32, 1), gates);
      return [];
    });
    return peakBytes;
  };
  const [short, middle, long] = [await peak(1024), await peak(2048), await peak(4096)];
  // Twice as much more for twice as many more tokens; four times with the square.
  expect((long - middle) / (middle - short)).toBeLessThan(2.4);
  decoder.dispose();
});
