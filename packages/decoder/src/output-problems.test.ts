import { foldCheckpoint, refitOutputs } from '@grasp/fold';
import { difference, random, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from './decoder.js';
import { loadDecoder } from './load-decoder.js';
import { prunedConfig, unitSlices } from './units.js';

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
    missed.push(value.missed);
  }
}

describe.each(cases)('refitting %s', (_name, config) => {
  beforeAll(() => tf.setBackend('wasm'));
  const checkpoint = randomCheckpoint(config, 7);
  const batches = [randomTokens(4, 40, 61, 11), randomTokens(3, 40, 61, 12)];

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
    const dense = await decoder.logits(batches[0]!);
    const distance = (logits: Float32Array) => logits.reduce((sum, x, i) => sum + (x - dense[i]!) ** 2, 0);
    const before = distance(await decoder.logits(batches[0]!, gates));
    const { replaced } = await refit(decoder, batches, mask);
    const refitted = await decoder.logits(batches[0]!, gates);
    expect(distance(refitted)).toBeLessThan(0.8 * before);

    const view = foldCheckpoint(checkpoint, {
      changes: { columns: replaced },
      layout: decoder.layout,
      slices: unitSlices(decoder.config).filter(({ tensor }) => checkpoint.tensors.has(tensor)),
      mask,
      config: prunedConfig(checkpoint.config, decoder.config, mask),
    });
    const folded = await loadDecoder(view);
    const logits = await folded.logits(batches[0]!);
    expect(Math.max(...logits.map((x, i) => Math.abs(x - refitted[i]!)))).toBeLessThan(1e-4);
    decoder.dispose();
    folded.dispose();
  });

  it('wants the gap to the dense stream in proportion to the share to recover', async () => {
    const decoder = await loadDecoder(checkpoint);
    const mask = maskOf(decoder);
    /** `Σ h rᵀ` of the first two sublayers, the first left as it is. */
    const crosses = async (recover: number) => {
      const problems = decoder.outputProblems(batches, mask, recover);
      const first = (await problems.next(new Float32Array(0))).value!;
      const second = (await problems.next(first.weights)).value!;
      await problems.return();
      return [Float32Array.from(first.cross), Float32Array.from(second.cross)] as const;
    };
    const [none, half, all] = [await crosses(0), await crosses(0.5), await crosses(1)];
    expect(half[0]).toEqual(none[0]); // both streams start alike
    const gaps = all[1].map((value, i) => value - none[1][i]!);
    expect(Math.max(...gaps.map(Math.abs))).toBeGreaterThan(0.1);
    gaps.forEach((gap, i) => {
      expect(half[1][i]! - none[1][i]!).toBeCloseTo(gap / 2, 3);
    });
    decoder.dispose();
  });

  it('tells what the dense model expects, as that has been read on the way', async () => {
    const decoder = await loadDecoder(checkpoint);
    const mask = maskOf(decoder);
    await refit(decoder, batches, mask); // from here on the dense model is the one with these matrices
    const { numTensors } = tf.memory();
    const expected = [await decoder.expectedRows(batches[0]!), await decoder.expectedRows(batches[1]!)];
    const found: Float32Array[] = [];
    const take = (rows: Float32Array, batch: number) => {
      found[batch] = rows;
    };
    for (const wanted of [1, batches.length]) {
      const walk = decoder.outputProblems(batches, mask, 0.3, { batches: wanted, take });
      for (let next = await walk.next(new Float32Array(0)); !next.done; )
        next = await walk.next(next.value.weights);
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(found).toHaveLength(wanted);
    }
    found.forEach((rows, batch) => {
      expect(rows).toHaveLength(expected[batch]!.length);
      expect(difference(rows, expected[batch]!).relative).toBeLessThan(1e-5);
    });
    decoder.dispose();
  });

  it('leaves no tensor behind, walked through or left', async () => {
    const decoder = await loadDecoder(checkpoint);
    const mask = maskOf(decoder);
    await refit(decoder, batches, mask);
    const { numTensors } = tf.memory();
    await refit(decoder, batches, mask);
    expect(tf.memory().numTensors).toBe(numTensors);
    for await (const { done } of refitOutputs(decoder, batches, mask)) if (done === 2) break;
    expect(tf.memory().numTensors).toBe(numTensors);
    decoder.dispose();
  });
});
