import { randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadDecoder } from '../load-decoder.js';
import { eagerRuntime } from '../runtime/runtime.js';
import { placeAt, roomFor, stillSeen, withRoom } from './cache-room.js';

const config: TinyConfig = {
  ...{ model_type: 'llama', hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 8, vocab_size: 31 },
  ...{ tie_word_embeddings: true, max_position_embeddings: 512 },
};
beforeAll(() => tf.setBackend('wasm').then(() => {}));

describe.each([
  ['attention to all tokens', config],
  ['a window', { ...config, model_type: 'mistral', sliding_window: 260 }],
])('a long generation with %s', (_, of) => {
  it('has the tokens of passes without a cache, also where the cache grows', async () => {
    const names: string[] = [];
    const runtime = {
      ...eagerRuntime,
      record: (...args: Parameters<typeof eagerRuntime.record>) => {
        names.push(args[0]);
        return eagerRuntime.record(...args);
      },
    };
    const decoder = await loadDecoder(randomCheckpoint(of as TinyConfig, 5), { runtime });
    const gates = Float32Array.from({ length: decoder.layout.size }, (_, i) =>
      i % 5 === 0 ? 0 : 1 + (i % 3) / 8,
    );
    const view = decoder.under({ gates });
    const prompt = randomTokens(1, 235, 31, 3).ids;
    const first: number[] = [];
    for await (const id of view.generate(prompt, { maxTokens: 40 })) first.push(id); // tables and orders are kept
    const before = tf.memory().numTensors;
    const ids = [...prompt];
    const likeliest: number[] = [];
    // The tokens are drawn, so that the text does not become periodic.
    const choose = (logits: Float32Array) => {
      likeliest.push(logits.indexOf(Math.max(...logits)));
      return (7 * likeliest.length * likeliest.length) % 31;
    };
    for await (const id of view.generate(prompt, { maxTokens: 40, choose })) ids.push(id);
    expect(tf.memory().numTensors).toBe(before);
    expect(ids).toHaveLength(275);
    const logits = await view.logits({ ids: Int32Array.from(ids), shape: [1, ids.length] });
    const expected = likeliest.map((_, n) => {
      const row = logits.subarray((234 + n) * 31, (235 + n) * 31);
      return row.indexOf(Math.max(...row));
    });
    expect(likeliest).toEqual(expected);
    // With room for a token, and where a window is full.
    expect(names.filter((name) => name === 'attention-step')).toHaveLength(of === config ? 1 : 2);
    decoder.dispose();
  });
});

describe('room in a cache', () => {
  it('grows rarely', () => {
    const rooms = Array.from({ length: 1000 }, (_, n) => roomFor(n + 1));
    expect(new Set(rooms)).toEqual(new Set([256, 512, 1024]));
    expect(rooms.every((room, n) => room >= n + 1)).toBe(true);
  });

  it('is zeros, and can be taken away again', async () => {
    const key = tf.randomNormal([2, 3, 5, 4]);
    const wide = withRoom({ key, value: key }, 8);
    expect(wide.key.shape).toEqual([2, 3, 8, 4]);
    expect(await stillSeen(wide, 5).value.data()).toEqual(await key.data());
    expect(await stillSeen(wide, 5, 4).key.data()).toEqual(
      await tf.slice(key, [0, 0, 2, 0], [2, 3, 3, 4]).data(),
    );
    expect((await tf.sum(tf.abs(wide.key)).data())[0]).toBeCloseTo((await tf.sum(tf.abs(key)).data())[0]!, 3);
  });

  it('has a place for one token, which sees those before it', async () => {
    const { slot, visible } = placeAt(2, 5);
    expect([...(await slot.data())]).toEqual([0, 0, 1, 0, 0]);
    expect([...(await visible.data())]).toEqual([0, 0, 0, -1e9, -1e9]);
  });
});
