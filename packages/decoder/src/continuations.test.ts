import { difference, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Decoder, LikelyTokens } from './decoder.js';
import { loadDecoder } from './load-decoder.js';

const config: TinyConfig = {
  model_type: 'qwen3',
  hidden_size: 24,
  intermediate_size: 40,
  num_attention_heads: 6,
  num_key_value_heads: 3,
  head_dim: 8,
  num_hidden_layers: 3,
  vocab_size: 61,
  tie_word_embeddings: true,
};

describe('reading with a cache', () => {
  let decoder: Decoder;
  beforeAll(async () => {
    await tf.setBackend('wasm');
    decoder = await loadDecoder(randomCheckpoint(config, 3));
  });
  const ids = (length: number, seed: number) => randomTokens(1, length, config.vocab_size, seed).ids;

  it('scores endings as reading each with its whole context does', async () => {
    const groups = [
      { context: ids(9, 1), continuations: [ids(1, 2), ids(4, 3)] },
      { context: ids(5, 4), continuations: [ids(3, 5)] },
      { context: ids(9, 6), continuations: [ids(2, 7), ids(2, 8), ids(7, 9)] },
    ];
    const expected: number[] = [];
    for (const { context, continuations } of groups) {
      for (const ending of continuations) {
        const whole = Int32Array.from([...context, ...ending]);
        const nll = await decoder.negLogLikelihood({ ids: whole, shape: [1, whole.length] });
        expected.push(-nll.slice(context.length - 1).reduce((sum, x) => sum + x, 0));
      }
    }
    const before = tf.memory().numTensors;
    const scores = await decoder.scoreContinuations(groups);
    expect(
      difference(
        scores.flatMap((s) => [...s]),
        expected,
      ).relative,
    ).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    ['dense', () => 1],
    ['under gates', (unit: number) => (unit % 5 === 0 ? 0 : 0.6 + 0.2 * (unit % 4))],
  ])('generates what reading everything anew would, %s', async (_name, gate) => {
    const prompt = ids(6, 10);
    const gates = Float32Array.from({ length: decoder.layout.size }, (_, unit) => gate(unit));
    await decoder.logits({ ids: prompt, shape: [1, prompt.length] }, gates); // gathers the kept units' weights
    const before = tf.memory().numTensors;
    const generated: number[] = [];
    for await (const id of decoder.generate(prompt, { maxTokens: 8, gates })) generated.push(id);
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(2); // the rotary table may have grown
    const all = [...prompt];
    for (const id of generated) {
      const logits = await decoder.logits({ ids: Int32Array.from(all), shape: [1, all.length] }, gates);
      const last = logits.subarray(logits.length - config.vocab_size);
      expect(last.indexOf(Math.max(...last))).toBe(id);
      all.push(id);
    }
  });

  it('generates rows together as it would each alone', async () => {
    const prompts = { ids: ids(18, 10), shape: [3, 6] } as const;
    const alone: number[][] = [];
    for (let row = 0; row < 3; row++) {
      alone.push([]);
      for await (const id of decoder.generate(prompts.ids.subarray(6 * row, 6 * row + 6), { maxTokens: 8 }))
        alone[row]!.push(id);
    }
    const before = tf.memory().numTensors;
    const together: number[][] = [[], [], []];
    const choose = (_: number, { ids, logits }: LikelyTokens) => {
      expect([...logits]).toEqual([...logits].sort((a, b) => b - a));
      return ids[0]!;
    };
    for await (const next of decoder.generateRows(prompts, { top: 4, choose })) {
      for (const [row, id] of next.entries()) together[row]!.push(id);
      if (together[0]!.length === 8) break;
    }
    expect(together).toEqual(alone);
    expect(new Set(alone.map(String)).size).toBeGreaterThan(1);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('reads what is chosen, whatever it is, until the context is full', async () => {
    const written: number[] = [];
    const prompts = { ids: Int32Array.of(3), shape: [1, 1] } as const;
    const choose = () => (7 * written.length) % config.vocab_size;
    let likely: LikelyTokens | undefined;
    const spy = (_: number, tokens: LikelyTokens) => {
      likely = tokens;
      return choose();
    };
    for await (const [id] of decoder.generateRows(prompts, { top: 1, choose: spy })) written.push(id!);
    expect(written).toHaveLength(decoder.contextLength);
    const all = Int32Array.from([3, ...written.slice(0, -1)]);
    const logits = await decoder.logits({ ids: all, shape: [1, all.length] });
    const last = logits.subarray(logits.length - config.vocab_size);
    expect(last.indexOf(Math.max(...last))).toBe(likely!.ids[0]);
  });

  it('refuses an ending that does not fit the context', async () => {
    const group = { context: ids(200, 1), continuations: [ids(100, 2)] };
    await expect(decoder.scoreContinuations([group])).rejects.toThrow("exceeds the model's context of 256");
  });
});
