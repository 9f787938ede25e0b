import { refitOutputs } from '@grasp/fold';
import { random, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Decoder } from './decoder.js';
import { loadDecoder } from './load-decoder.js';
import { initialLora } from './recovery/lora-parameters.js';
import { normCount } from './recovery/norm-parameters.js';
import type { DecoderParameters } from './spec/parameters.js';

const config: TinyConfig = {
  model_type: 'llama',
  hidden_size: 24,
  intermediate_size: 96,
  num_attention_heads: 6,
  num_key_value_heads: 3,
  head_dim: 8,
  num_hidden_layers: 3,
  vocab_size: 61,
  tie_word_embeddings: true,
};
const checkpoint = randomCheckpoint(config, 3);
const batch = randomTokens(2, 12, config.vocab_size, 5);

/** Parameters of a question: its own mask, gates, norm scales and LoRA factors. */
function parametersOf({ config: of, layout }: Decoder, seed: number): Required<DecoderParameters> {
  const next = random(seed);
  const mask = Uint8Array.from({ length: layout.size }, () => (next() < 0.3 + 0.06 * seed ? 1 : 0));
  const around1 = () => 0.8 + 0.4 * next();
  return {
    gates: Float32Array.from(mask, (m) => m * around1()),
    norms: Float32Array.from({ length: normCount(of) }, around1),
    lora: initialLora(of, mask, 2, next).map((a) => a || (next() - 0.5) / 4),
  };
}

type Question = () => Promise<unknown>;

/** Ten questions with different parameters. Each call asks again. */
function questions(decoder: Decoder): Question[] {
  const of = (seed: number) => parametersOf(decoder, seed);
  const continued = async (seed: number) => {
    const seen: Float32Array[] = [];
    const choose = (logits: Float32Array) => seen.push(logits) % config.vocab_size;
    const prompt = batch.ids.subarray(0, 4 + seed);
    for await (const _ of decoder.under(of(seed)).generate(prompt, { maxTokens: 9, choose }));
    return seen;
  };
  return [
    () => decoder.under(of(1)).lossAndGradients(batch, ['gates', 'norms', 'lora'], { units: 'kept' }),
    () => decoder.lossAndGateGradients(batch, of(2).gates!),
    () => continued(3),
    () => decoder.under(of(4)).negLogLikelihood(batch),
    () => decoder.under(of(5)).lossAndGradients(batch, ['gates']),
    () => continued(6),
    () => decoder.under(of(7)).logits(batch),
    () => decoder.under(of(8)).teacherRows(batch),
    () =>
      decoder.under(of(9)).scoreContinuations([
        {
          context: batch.ids.subarray(0, 5),
          continuations: [batch.ids.subarray(5, 8), batch.ids.subarray(8, 9)],
        },
      ]),
    () => decoder.under().lossAndGradients(batch, ['norms']),
  ];
}

describe('views of one decoder', () => {
  beforeAll(() => tf.setBackend('wasm'));

  it('answer ten questions at once as each alone, bit for bit', async () => {
    const decoder = await loadDecoder(checkpoint);
    const alone: unknown[] = [];
    for (const ask of questions(decoder)) alone.push(await ask());
    expect(new Set(alone.map((answer) => JSON.stringify(answer))).size).toBe(10);
    const together = await Promise.all(questions(decoder).map((ask) => ask()));
    expect(together).toEqual(alone);
    const reversed = await Promise.all(
      questions(decoder)
        .reverse()
        .map((ask) => ask()),
    );
    expect(reversed.reverse()).toEqual(alone);
    decoder.dispose();
  });

  it('answer a question beside a refit as alone', async () => {
    const decoder = await loadDecoder(checkpoint);
    const mask = Uint8Array.from(parametersOf(decoder, 4).gates!, (gate) => (gate === 0 ? 0 : 1));
    const view = decoder.under(parametersOf(decoder, 5));
    const alone = await view.lossAndGradients(batch, ['gates']);
    const refit = async (model: Decoder, meanwhile: () => Promise<void>) => {
      const run = refitOutputs(model, [batch], mask);
      for (;;) {
        const { done, value } = await run.next();
        if (done) return value;
        await meanwhile();
      }
    };
    const beside = await refit(decoder, async () => {
      expect(await view.lossAndGradients(batch, ['gates'])).toEqual(alone);
    });
    const other = await loadDecoder(checkpoint);
    expect(beside).toEqual(await refit(other, async () => {}));
    decoder.dispose();
    other.dispose();
  });

  it('do not see what becomes of the vectors they were given', async () => {
    const decoder = await loadDecoder(checkpoint);
    const parameters = parametersOf(decoder, 3);
    const view = decoder.under(parameters);
    const before = await view.logits(batch);
    for (const vector of Object.values(parameters)) vector?.fill(0.5);
    expect(await view.logits(batch)).toEqual(before);
    decoder.dispose();
  });

  it('end with an error, not a mixture, when the weights are replaced while a text is written', async () => {
    const decoder = await loadDecoder(checkpoint);
    const view = decoder.under();
    const text = view.generate(batch.ids.subarray(0, 4), { maxTokens: 5 });
    await text.next();
    const { numTensors } = tf.memory();
    const run = refitOutputs(decoder, [batch], new Uint8Array(decoder.layout.size).fill(1));
    while (!(await run.next()).done);
    await expect(text.next()).rejects.toMatchObject({ code: 'GRASP_DECODER_STATE' });
    expect(tf.memory().numTensors).toBeLessThan(numTensors); // the cache is gone
    expect((await view.logits(batch)).every(Number.isFinite)).toBe(true); // a new question has the new weights
    decoder.dispose();
    await expect(view.logits(batch)).rejects.toThrow('was disposed of');
  });

  it('leaves no tensor behind where reading a result fails', async () => {
    const decoder = await loadDecoder(checkpoint);
    await decoder.under().lossAndGradients(batch, ['gates', 'norms']); // makes the tables of positions
    const before = tf.memory().numTensors;
    const lost = vi.spyOn(tf.Tensor.prototype, 'data').mockRejectedValue(new Error('the worker is lost'));
    await expect(decoder.under().lossAndGradients(batch, ['gates', 'norms'])).rejects.toThrow('lost');
    await expect(decoder.under().negLogLikelihood(batch)).rejects.toThrow('lost');
    lost.mockRestore();
    expect(tf.memory().numTensors).toBe(before);
    decoder.dispose();
  });
});
