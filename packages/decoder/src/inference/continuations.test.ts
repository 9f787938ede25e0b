import { difference, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from '../decoder.js';
import { loadDecoder } from '../load-decoder.js';
import type { LikelyTokens } from './generate.js';

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
  ])('generates the same as reading everything again, %s', async (_name, gate) => {
    const prompt = ids(6, 10);
    const gates = Float32Array.from({ length: decoder.layout.size }, (_, unit) => gate(unit));
    await decoder.under({ gates }).logits({ ids: prompt, shape: [1, prompt.length] }); // gathers the kept units' weights
    const before = tf.memory().numTensors;
    const seen: Float32Array[] = [];
    const choose = (logits: Float32Array) => {
      seen.push(logits);
      return (7 * seen.length) % config.vocab_size; // the likeliest is one token again and again
    };
    const generated: number[] = [];
    for await (const id of decoder.under({ gates }).generate(prompt, { maxTokens: 8, choose }))
      generated.push(id);
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(2); // the rotary table may have grown
    expect(generated).toEqual([7, 14, 21, 28, 35, 42, 49, 56]);
    const all = { ids: Int32Array.from([...prompt, ...generated]), shape: [1, 14] } as const;
    const again = (await decoder.under({ gates }).logits(all)).subarray(
      5 * config.vocab_size,
      13 * config.vocab_size,
    );
    const logits = seen.flatMap((step) => [...step]);
    expect(difference(logits, again).relative).toBeLessThan(1e-5);
  });

  it('takes the likeliest token unless told otherwise', async () => {
    const prompt = ids(6, 10);
    const logits = await decoder.under().logits({ ids: prompt, shape: [1, 6] });
    const last = logits.subarray(logits.length - config.vocab_size);
    const { value } = await decoder.under().generate(prompt, { maxTokens: 1 }).next();
    expect(value).toBe(last.indexOf(Math.max(...last)));
  });

  it('generates rows together as it would each alone', async () => {
    const prompts = { ids: ids(18, 10), shape: [3, 6] } as const;
    const next = (row: number, step: number) => (11 * row + 7 * step) % config.vocab_size;
    const alone: Float32Array[][] = [[], [], []];
    for (const [row, steps] of alone.entries()) {
      const prompt = prompts.ids.subarray(6 * row, 6 * row + 6);
      const choose = (logits: Float32Array) => next(row, steps.push(logits));
      for await (const _ of decoder.under().generate(prompt, { maxTokens: 8, choose }));
    }
    const before = tf.memory().numTensors;
    const together: LikelyTokens[][] = [[], [], []];
    const choose = (row: number, likely: LikelyTokens) => next(row, together[row]!.push(likely));
    const written: Int32Array[] = [];
    for await (const ids of decoder.under().generateRows(prompts, { top: 4, choose }))
      if (written.push(ids) === 8) break;
    expect(written.map(([, second]) => second)).toEqual(Array.from({ length: 8 }, (_, i) => next(1, i + 1)));
    for (const [row, steps] of together.entries()) {
      for (const [step, { ids, logits }] of steps.entries()) {
        const all = alone[row]![step]!;
        const best = [...all.keys()].sort((a, b) => all[b]! - all[a]!).slice(0, 4);
        expect([...ids]).toEqual(best);
        expect(
          difference(
            logits,
            best.map((id) => all[id]!),
          ).relative,
        ).toBeLessThan(1e-5);
      }
    }
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
    for await (const [id] of decoder.under().generateRows(prompts, { top: 1, choose: spy }))
      written.push(id!);
    expect(written).toHaveLength(decoder.contextLength);
    const all = Int32Array.from([3, ...written.slice(0, -1)]);
    const logits = await decoder.under().logits({ ids: all, shape: [1, all.length] });
    const last = logits.subarray(logits.length - config.vocab_size);
    expect(last.indexOf(Math.max(...last))).toBe(likely!.ids[0]);
  });

  it('refuses to write where the model overflows', async () => {
    const checkpoint = randomCheckpoint(config, 3);
    const read = async (name: string) => {
      const tensor = await checkpoint.read(name);
      if (name === 'model.norm.weight') tensor.data.fill(Infinity);
      return tensor;
    };
    const before = tf.memory().numTensors;
    const broken = await loadDecoder({ ...checkpoint, read });
    const overflow = { code: 'GRASP_NON_FINITE', message: expect.stringContaining('try float32') };
    const one = broken.under().generate(ids(4, 1), { maxTokens: 2 });
    await expect(one.next()).rejects.toMatchObject(overflow);
    const prompts = { ids: ids(8, 1), shape: [2, 4] } as const;
    const several = broken.under().generateRows(prompts, { top: 3, choose: () => 1 });
    await expect(several.next()).rejects.toMatchObject(overflow);
    broken.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses an ending that does not fit the context', async () => {
    const group = { context: ids(200, 1), continuations: [ids(100, 2)] };
    await expect(decoder.scoreContinuations([group])).rejects.toThrow("exceeds the model's context of 256");
  });
});
