import { foldCheckpoint, type OutputProblem, refitOutputs } from '@grasp/fold';
import { difference, random, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from '../decoder.js';
import { loadDecoder } from '../load-decoder.js';
import { prunedConfig, unitSlices } from '../spec/units.js';

const shape = {
  hidden_size: 24,
  intermediate_size: 40,
  num_attention_heads: 6,
  num_key_value_heads: 3,
  head_dim: 8,
  num_hidden_layers: 3,
  vocab_size: 61,
  tie_word_embeddings: true,
};
const cases: [string, TinyConfig][] = [
  ['llama with biases', { ...shape, model_type: 'llama', attention_bias: true, mlp_bias: true }],
  ['qwen3', { ...shape, model_type: 'qwen3' }],
];

async function refit(decoder: Decoder, batches: ReturnType<typeof randomTokens>[], mask: Uint8Array) {
  const missed: number[] = [];
  const run = refitOutputs(decoder, batches, mask);
  for (;;) {
    const { done, value } = await run.next();
    if (done) return { missed, replaced: value };
    if (value.kind === 'sublayer') missed.push(value.missed);
  }
}

describe.each(cases)('refitting %s', (_name, config) => {
  beforeAll(() => tf.setBackend('wasm'));
  const checkpoint = randomCheckpoint(config, 7);
  const batches = [randomTokens(3, 30, 61, 11), randomTokens(2, 30, 61, 12)];

  const maskOf = (decoder: Decoder) => {
    const next = random(5);
    const mask = Uint8Array.from({ length: decoder.layout.size }, () => (next() < 0.6 ? 1 : 0));
    for (const { start, count, kind } of decoder.layout.blocks)
      if (kind === 'kv') mask.fill(1, start, start + count - 1); // a whole group goes, two stay
    return mask;
  };

  it('changes nothing where nothing is removed', async () => {
    const decoder = await loadDecoder(checkpoint);
    const before = await decoder.negLogLikelihood(batches[0]!);
    const { missed } = await refit(decoder, batches, new Uint8Array(decoder.layout.size).fill(1));
    const after = await decoder.negLogLikelihood(batches[0]!);
    for (const share of missed) expect(Math.abs(share)).toBeLessThan(1e-4);
    after.forEach((value, i) => {
      expect(value).toBeCloseTo(before[i]!, 2);
    });
    decoder.dispose();
  });

  it('brings the pruned model nearer to the dense one, and folds', async () => {
    const decoder = await loadDecoder(checkpoint);
    const mask = maskOf(decoder);
    const gates = Float32Array.from(mask);
    const dense = await decoder.under().logits(batches[0]!);
    const distance = (logits: Float32Array) => logits.reduce((sum, x, i) => sum + (x - dense[i]!) ** 2, 0);
    const before = distance(await decoder.under({ gates }).logits(batches[0]!));
    const { replaced } = await refit(decoder, batches, mask);
    const refitted = await decoder.under({ gates }).logits(batches[0]!);
    expect(distance(refitted)).toBeLessThan(0.8 * before);

    const view = foldCheckpoint(checkpoint, {
      changes: { columns: replaced },
      layout: decoder.layout,
      slices: unitSlices(decoder.config),
      mask,
      config: prunedConfig(checkpoint.config, decoder.config, mask),
    });
    const folded = await loadDecoder(view);
    const logits = await folded.under().logits(batches[0]!);
    expect(Math.max(...logits.map((x, i) => Math.abs(x - refitted[i]!)))).toBeLessThan(1e-4);
    decoder.dispose();
    folded.dispose();
  });

  it('adds the gap to the dense stream to the target, in proportion to the compensation', async () => {
    const decoder = await loadDecoder(checkpoint);
    const mask = maskOf(decoder);
    /** `Σ h rᵀ` of the first two sublayers, the first left as it is. */
    const crosses = async (compensation: number) => {
      const found: Float32Array[] = [];
      const solve = ({ cross, weights }: OutputProblem) => {
        found.push(Float32Array.from(cross));
        return weights;
      };
      for await (const _ of decoder.refit(batches, mask, { compensation, teacherBatches: 0, solve }))
        if (found.length === 2) break;
      return found;
    };
    const [none, half, all] = [await crosses(0), await crosses(0.5), await crosses(1)];
    expect(half[0]).toEqual(none[0]); // both streams start alike
    const gaps = all[1]!.map((value, i) => value - none[1]![i]!);
    expect(Math.max(...gaps.map(Math.abs))).toBeGreaterThan(0.1);
    gaps.forEach((gap, i) => {
      expect(half[1]![i]! - none[1]![i]!).toBeCloseTo(gap / 2, 3);
    });
    decoder.dispose();
  });

  it("yields the teacher's targets, read off as its stream reaches the top", async () => {
    const decoder = await loadDecoder(checkpoint);
    const mask = maskOf(decoder);
    await refit(decoder, batches, mask); // from here on the dense model is the one with these matrices
    const { numTensors } = tf.memory();
    const dense = decoder.under();
    const expected = [await dense.teacherRows(batches[0]!), await dense.teacherRows(batches[1]!)];
    for (const teacherBatches of [1, batches.length]) {
      const found: Float32Array[] = [];
      const solve = ({ weights }: OutputProblem) => weights;
      for await (const step of decoder.refit(batches, mask, { compensation: 0.3, teacherBatches, solve })) {
        if (step.kind === 'teacher') found[step.batch] = step.targets;
      }
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(found).toHaveLength(teacherBatches);
      found.forEach((rows, batch) => {
        expect(rows).toHaveLength(expected[batch]!.length);
        expect(difference(rows, expected[batch]!).relative).toBeLessThan(1e-5);
      });
    }
    decoder.dispose();
  });

  it('changes nothing until the walk has ended', async () => {
    const decoder = await loadDecoder(checkpoint);
    const mask = maskOf(decoder);
    const gates = Float32Array.from(mask);
    const question = randomTokens(1, 8, 61, 13);
    const before = await decoder.under({ gates }).logits(question);
    const [dense, total] = [await decoder.under().logits(question), decoder.layout.blocks.length];
    for await (const record of refitOutputs(decoder, batches, mask)) {
      expect(await decoder.under({ gates }).logits(question)).toEqual(before);
      expect(await decoder.under().logits(question)).toEqual(dense);
      if (record.kind === 'sublayer' && record.done === total) break; // left just before its end
    }
    expect(await decoder.under({ gates }).logits(question)).toEqual(before);
    await refit(decoder, batches, mask);
    expect(await decoder.under({ gates }).logits(question)).not.toEqual(before);
    decoder.dispose();
  });

  it('leaves no tensor behind, walked through or left', async () => {
    const decoder = await loadDecoder(checkpoint);
    const mask = maskOf(decoder);
    await refit(decoder, batches, mask);
    const { numTensors } = tf.memory();
    await refit(decoder, batches, mask);
    expect(tf.memory().numTensors).toBe(numTensors);
    for await (const record of refitOutputs(decoder, batches, mask))
      if (record.kind === 'sublayer' && record.done === 2) break;
    expect(tf.memory().numTensors).toBe(numTensors);
    decoder.dispose();
  });
});
