import type { OutputProblem } from '@grasp/fold';
import { openTensorFlow, type TensorFlow } from '@grasp/tensorflow';
import {
  difference,
  hasTensorFlow,
  random,
  randomCheckpoint,
  randomTokens,
  type TinyConfig,
} from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architectureFixture } from '../test/architecture-fixtures.js';
import { loadDecoder } from './load-decoder.js';
import { eagerRuntime, type Runtime } from './runtime/runtime.js';

const config: TinyConfig = {
  model_type: 'llama',
  hidden_size: 32,
  intermediate_size: 64,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  num_hidden_layers: 3,
  vocab_size: 97,
  tie_word_embeddings: true,
};

/** Models with windows, soft caps, post norms, other activations, fused and rotated parts, norms over all heads. */
const plainFixtures = ['gemma2', 'gemma3_text', 'phi3', 'smollm3', 'arcee', 'glm4', 'olmo3'].map(
  (name) => `${name}-plain`,
);

const countOf = (names: readonly string[], name: string) => names.filter((each) => each === name).length;

describe.skipIf(!hasTensorFlow)('on TensorFlow', () => {
  let tensorFlow: TensorFlow;
  let recorded: Runtime;
  let half: Runtime;
  const checkpoint = randomCheckpoint(config, 21);
  const batch = randomTokens(2, 150, config.vocab_size, 22);

  beforeAll(async () => {
    tensorFlow = await openTensorFlow();
    recorded = {
      record: tensorFlow.record,
      matMul: (a, b, x = false, y = false) => tensorFlow.matMul(a, b, x, y),
    };
    half = {
      ...recorded,
      bfloat16: {
        fromBits: tensorFlow.bfloat16Tensor,
        fromFloat32: tensorFlow.toBfloat16,
        is: tensorFlow.isBfloat16,
        toFloat32: tensorFlow.fromBfloat16,
      },
    };
  });
  afterAll(() => tensorFlow.dispose());

  const masks = (size: number) => {
    const next = random(23);
    return Array.from({ length: 4 }, () => Float32Array.from({ length: size }, () => (next() < 0.5 ? 0 : 1)));
  };

  it('gives recorded the numbers it gives eagerly, to the last bit, whatever came before', async () => {
    const eager = await loadDecoder(checkpoint, { runtime: { ...recorded, record: eagerRuntime.record } });
    const decoder = await loadDecoder(checkpoint, { runtime: recorded });
    const [first, ...others] = masks(decoder.layout.size);
    const wanted = await eager.lossAndGateGradients(batch, first!);
    for (const gates of [first!, ...others, first!, first!]) {
      const { loss, gradients } = await decoder.lossAndGateGradients(batch, gates);
      if (gates !== first) continue;
      expect(loss).toBe(wanted.loss);
      expect(gradients).toEqual(wanted.gradients);
    }
    eager.dispose();
    decoder.dispose();
  });

  it('gives recorded the observations and weight products that it gives eagerly', async () => {
    const eager = await loadDecoder(checkpoint, { runtime: { ...recorded, record: eagerRuntime.record } });
    const decoder = await loadDecoder(checkpoint, { runtime: recorded });
    const gates = masks(decoder.layout.size)[1]!;
    const all = await Promise.all(
      [eager, decoder].map(async (asked) => {
        const view = asked.under({ gates });
        const sites: Record<string, Float32Array> = {};
        await view.observe([batch], ['layers.*'], async (site, tensor) => {
          sites[site] = await tensor.data<'float32'>();
        });
        return { sites, ...(await view.weightProducts(batch)) };
      }),
    );
    expect(all[1]).toEqual(all[0]);
    eager.dispose();
    decoder.dispose();
  });

  it.each(['float32', 'bfloat16'] as const)(
    'continues a text recorded as it does eagerly, layer by layer and at once, past the first room of its cache, %s',
    async (dtype) => {
      const names: string[] = [];
      const watched: Runtime['record'] = (name, ...rest) => {
        const run = tensorFlow.record(name, ...rest);
        return (...inputs) => {
          names.push(name);
          return run(...inputs);
        };
      };
      const runtimes: Runtime[] = [
        { ...half, record: eagerRuntime.record },
        half,
        { ...half, record: watched, recordsModels: true },
      ];
      const long = randomCheckpoint({ ...config, max_position_embeddings: 512 }, 21);
      const prompt = randomTokens(1, 200, config.vocab_size, 24).ids;
      const wanted: Float32Array[] = [];
      for (const runtime of runtimes) {
        const decoder = await loadDecoder(long, { runtime, dtype });
        const view = decoder.under({ gates: masks(decoder.layout.size)[1]! });
        const found: Float32Array[] = [];
        // The tokens are drawn, so that the text does not become periodic.
        const choose = (logits: Float32Array) => (7 * found.push(logits) ** 2) % 97;
        for await (const _ of view.generate(prompt, { maxTokens: 140, choose }));
        if (wanted.length === 0) wanted.push(...found);
        expect(found).toEqual(wanted);
        decoder.dispose();
      }
      expect(wanted).toHaveLength(140);
      expect(countOf(names, 'step')).toBe(139); // all tokens but the first, which the prompt gives
      // Layer by layer up to the room's end at 256, and in the next room until a step is worth recording, and recorded.
      expect(countOf(names, 'attention-step')).toBe(config.num_hidden_layers * (56 + 64 + 1));
    },
  );

  it('gives weight products in bfloat16 that are near those in float32', async () => {
    const exact = await loadDecoder(checkpoint, { runtime: recorded });
    const narrow = await loadDecoder(checkpoint, { runtime: half, dtype: 'bfloat16' });
    const wanted = await exact.under().weightProducts(batch);
    const found = await narrow.under().weightProducts(batch);
    wanted.products.forEach(({ absolute }, i) => {
      expect(difference(found.products[i]!.absolute, absolute).relative).toBeLessThan(0.05);
    });
    exact.dispose();
    narrow.dispose();
  });

  it.each(plainFixtures)('computes %s as transformers does, recorded', async (name) => {
    const { checkpoint: model, batch: tokens, runs } = await architectureFixture(name);
    const decoder = await loadDecoder(model, { runtime: recorded });
    for (const { gates, loss, gradients } of [...runs, ...runs]) {
      const own = await decoder.lossAndGateGradients(tokens, gates);
      expect(Math.abs(own.loss / loss - 1)).toBeLessThan(1e-4);
      expect(difference(own.gradients, gradients).relative).toBeLessThan(1e-4);
    }
    decoder.dispose();
    await model.close();
  });

  it('catches what overflows bfloat16: weights by tensor, sums by layer', async () => {
    const withEntry = (name: string, value: number) => ({
      ...checkpoint,
      read: async (tensor: string) => {
        const { data, ...rest } = await checkpoint.read(tensor);
        return {
          ...rest,
          data: tensor === name ? Float32Array.from(data, (x, i) => (i === 5 ? value : x)) : data,
        };
      },
    });
    const load = (name: string, value: number) =>
      loadDecoder(withEntry(name, value), { runtime: half, dtype: 'bfloat16' });
    // Below the largest float32, above the largest bfloat16.
    await expect(load('model.layers.1.mlp.up_proj.weight', 3.4e38)).rejects.toMatchObject({
      code: 'GRASP_CHECKPOINT_OVERFLOW',
      tensor: 'model.layers.1.mlp.up_proj.weight',
      index: 5,
    });
    const decoder = await load('model.layers.2.mlp.down_proj.weight', 3e38);
    const gates = new Float32Array(decoder.layout.size).fill(1);
    await expect(decoder.lossAndGateGradients(batch, gates)).rejects.toMatchObject({
      code: 'GRASP_NON_FINITE',
      layer: 2,
    });
    decoder.dispose();
  });

  it('fits output matrices from sums that are not rounded to bfloat16', async () => {
    const decoder = await loadDecoder(checkpoint, { runtime: half, dtype: 'bfloat16' });
    const mask = Uint8Array.from(masks(decoder.layout.size)[0]!);
    const solve = ({ gram, cross, weights }: OutputProblem) => {
      for (const sums of [gram, cross]) {
        const bits = new Uint16Array(Float32Array.from(sums).buffer); // of bfloat16 every other one is 0
        expect(bits.length === 0 || bits.some((low, i) => i % 2 === 0 && low !== 0)).toBe(true);
      }
      return weights;
    };
    for await (const _ of decoder.refit([batch], mask, { compensation: 0, teacherBatches: 0, solve }));
    decoder.dispose();
  });

  it('comes near in bfloat16, and leaves nothing behind', async () => {
    const single = await loadDecoder(checkpoint, { runtime: recorded });
    const before = tensorFlow.memory().tensors;
    const decoder = await loadDecoder(checkpoint, { runtime: half, dtype: 'bfloat16' });
    const [gates] = masks(decoder.layout.size);
    const wanted = await single.lossAndGateGradients(batch, gates!);
    const found = await decoder.lossAndGateGradients(batch, gates!);
    // Measured: 2e-4 and 6e-3.
    expect(Math.abs(found.loss / wanted.loss - 1)).toBeLessThan(2e-3);
    expect(difference(found.gradients, wanted.gradients).relative).toBeLessThan(3e-2);
    decoder.dispose();
    single.dispose();
    expect(tensorFlow.memory().tensors).toBeLessThanOrEqual(before);
  });
});
