import { foldCheckpoint } from '@grasp/fold';
import { difference, random, randomCheckpoint, randomTokens, type TinyConfig } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Decoder } from '../decoder.js';
import { loadDecoder } from '../load-decoder.js';
import type { DecoderParameters, ParameterName } from '../spec/parameters.js';
import { prunedConfig, unitSlices } from '../spec/units.js';
import { initialLora, loraUpdates } from './lora-parameters.js';
import { normCount, normScales } from './norm-parameters.js';

const config: TinyConfig = {
  model_type: 'qwen2',
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  num_hidden_layers: 2,
  vocab_size: 50,
  tie_word_embeddings: true,
};
const RANK = 2;
const checkpoint = randomCheckpoint(config, 3);
/** Checkpoints whose matrices differ in kind: biases; norms of queries and keys; a head a group. */
const kinds = (
  [{ model_type: 'qwen2' }, { model_type: 'qwen3' }, { model_type: 'llama', num_key_value_heads: 4 }] as const
).map((kind) => randomCheckpoint({ ...config, ...kind }, 3));
const batch = randomTokens(2, 16, 50, 2);

/** Parameters of all groups around their start, with a third of the units removed. */
function setup({ config, layout }: Decoder) {
  const next = random(9);
  const mask = Uint8Array.from({ length: layout.size }, () => (next() < 0.7 ? 1 : 0));
  const around1 = () => 0.7 + 0.6 * next();
  return {
    mask,
    parameters: {
      gates: Float32Array.from(mask, (m) => m * around1()),
      norms: Float32Array.from({ length: normCount(config) }, around1),
      // The B to start from is 0; here it has values.
      lora: initialLora(config, mask, RANK, next).map((a) => a || (next() - 0.5) / 4),
    },
  };
}

const GROUPS = ['gates', 'norms', 'lora'] as const;

/** Loss and gradients of kept units under the parameters. */
const gradientsAt = (decoder: Decoder, parameters: DecoderParameters, groups: readonly ParameterName[]) =>
  decoder.under(parameters).lossAndGradients(batch, groups, { units: 'kept' });

/** Central difference of `f` at one entry. */
async function slope(f: (x: Float32Array) => Promise<number>, x: Float32Array, at: number): Promise<number> {
  const step = 1e-2;
  const moved = (by: number) => x.map((value, i) => (i === at ? value + by : value));
  return ((await f(moved(step))) - (await f(moved(-step)))) / (2 * step);
}

/** `−Σ_v q_v·log p_v`, mean over the targets, of logits `[rows, length, vocabulary]`. */
function meanCrossEntropy(of: Float32Array, by: Float32Array): number {
  const [rows, length] = batch.shape;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    for (let t = 0; t < length - 1; t++) {
      const start = (row * length + t) * config.vocab_size;
      const [a, b] = [of, by].map((logits) => logits.subarray(start, start + config.vocab_size));
      const total = (logits: Float32Array) => logits.reduce((all, x) => all + Math.exp(x), 0);
      const mean = a!.reduce((all, x, v) => all + Math.exp(x) * b![v]!, 0) / total(a!);
      sum += Math.log(total(b!)) - mean;
    }
  }
  return sum / (rows * (length - 1));
}

describe('parameter groups of the decoder', () => {
  beforeAll(() => tf.setBackend('wasm'));

  it.each(kinds)('have gradients that equal finite differences, $config.model_type', async (each) => {
    const decoder = await loadDecoder(each);
    const { mask, parameters } = setup(decoder);
    const { gradients } = await gradientsAt(decoder, parameters, GROUPS);
    const steps = { gates: 17, norms: 13, lora: 41 };
    for (const group of GROUPS) {
      const [values, found] = [parameters[group], gradients[group]];
      expect(found).toHaveLength(values.length);
      const loss = async (moved: Float32Array) =>
        (await gradientsAt(decoder, { ...parameters, [group]: moved }, [group])).loss;
      const largest = found.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
      for (let at = 0; at < values.length; at += steps[group]) {
        if (group === 'gates' && mask[at] === 0) {
          expect(found[at]).toBe(0);
          continue;
        }
        const expected = await slope(loss, values, at);
        expect(Math.abs(found[at]! - expected)).toBeLessThan(0.02 * largest); // measured
      }
    }
    decoder.dispose();
  });

  it('have the same gradients whichever of them are asked for', async () => {
    const decoder = await loadDecoder(checkpoint);
    const { parameters } = setup(decoder);
    const all = await gradientsAt(decoder, parameters, GROUPS);
    for (const group of GROUPS) {
      const one = await gradientsAt(decoder, parameters, [group]);
      expect(Object.keys(one.gradients)).toEqual([group]);
      expect(difference(one.gradients[group]!, all.gradients[group]).relative).toBeLessThan(1e-6);
      expect(one.loss).toBe(all.loss);
    }
    decoder.dispose();
  });

  it('refuse vectors of other lengths, and LoRA gradients without LoRA', async () => {
    const decoder = await loadDecoder(checkpoint);
    const { parameters } = setup(decoder);
    const { gates, norms, lora } = parameters;
    expect(() => decoder.under({ gates: gates.subarray(1) })).toThrow(/takes \d+ gates; received/);
    expect(() => decoder.under({ norms: norms.subarray(1) })).toThrow(/takes \d+ norm scales; received/);
    const odd = decoder.under({ gates, lora: lora.subarray(1) });
    await expect(odd.negLogLikelihood(batch)).rejects.toThrow(/LoRA: the kept units have \d+ factors/);
    await expect(gradientsAt(decoder, { gates }, ['lora'])).rejects.toThrow('no LoRA factors');
    decoder.dispose();
  });

  it('fold into the weights: the written model says the same', async () => {
    const decoder = await loadDecoder(checkpoint);
    const { mask, parameters } = setup(decoder);
    const { gates, norms } = parameters;
    const expected = await decoder.under({ gates, norms }).negLogLikelihood(batch);
    const view = foldCheckpoint(checkpoint, {
      changes: { norms: normScales(decoder.config, norms) },
      layout: decoder.layout,
      slices: unitSlices(decoder.config),
      mask,
      scales: gates,
      config: prunedConfig(checkpoint.config, decoder.config, mask),
    });
    const folded = await loadDecoder(view);
    const found = await folded.negLogLikelihood(batch);
    expect(Math.max(...found.map((x, i) => Math.abs(x - expected[i]!)))).toBeLessThan(1e-5); // measured 2e-6
    decoder.dispose();
    folded.dispose();
  });

  it.each(kinds)('LoRA adds to the matrices: the written $config.model_type says the same', async (each) => {
    const decoder = await loadDecoder(each);
    const { mask, parameters } = setup(decoder);
    const { norms, lora } = parameters;
    const gates = Float32Array.from(mask);
    const expected = await decoder.under({ gates, lora }).negLogLikelihood(batch);
    const plain = await decoder.under({ gates }).negLogLikelihood(batch);
    expect(difference(expected, plain).relative).toBeGreaterThan(1e-3);
    expect(norms.length).toBeGreaterThan(0);
    const view = foldCheckpoint(each, {
      changes: { lora: loraUpdates(decoder.config, mask, RANK, lora) },
      layout: decoder.layout,
      slices: unitSlices(decoder.config),
      mask,
      config: prunedConfig(each.config, decoder.config, mask),
    });
    const folded = await loadDecoder(view);
    expect(difference(await folded.negLogLikelihood(batch), expected).relative).toBeLessThan(1e-5);
    decoder.dispose();
    folded.dispose();
  });

  it('leave no tensor behind', async () => {
    const decoder = await loadDecoder(checkpoint);
    const { parameters } = setup(decoder);
    await gradientsAt(decoder, parameters, GROUPS);
    const { numTensors } = tf.memory();
    await gradientsAt(decoder, parameters, GROUPS);
    await decoder.under(parameters).negLogLikelihood(batch);
    expect(tf.memory().numTensors).toBe(numTensors);
    decoder.dispose();
  });
});

describe('distillation', () => {
  beforeAll(() => tf.setBackend('wasm'));

  it('mixes the predictions of a teacher into the targets, each row by its own weight', async () => {
    const decoder = await loadDecoder(checkpoint);
    const { parameters } = setup(decoder);
    const expectedRows = await decoder.under().teacherRows(batch);
    const at = async (weights: number[], of: DecoderParameters = parameters) =>
      decoder
        .under(of)
        .lossAndGradients({ ...batch, teacher: { expectedRows, weights } }, ['gates', 'norms']);
    // The gradient of a model's own predictions is 0.
    const own = await at([1, 1], {});
    expect(Math.max(...own.gradients.norms.map(Math.abs))).toBeLessThan(1e-5); // measured
    const [none, half, whole, first, second] = await Promise.all(
      [
        [0, 0],
        [0.5, 0.5],
        [1, 1],
        [1, 0],
        [0, 1],
      ].map((weights) => at(weights)),
    );
    expect(none).toEqual(await decoder.under(parameters).lossAndGradients(batch, ['gates', 'norms']));
    expect(half!.loss).toBeCloseTo((none!.loss + whole!.loss) / 2, 5);
    expect(first!.loss + second!.loss).toBeCloseTo(none!.loss + whole!.loss, 5);
    expect(Math.abs(first!.loss - none!.loss)).toBeGreaterThan(1e-3);
    await expect(at([1])).rejects.toThrow('weights');
    decoder.dispose();
  });

  it('measures predictions against predictions, over the whole vocabulary', async () => {
    const decoder = await loadDecoder(checkpoint);
    const { gates } = setup(decoder).parameters;
    const expectedRows = await decoder.under().teacherRows(batch);
    const taught = { ...batch, teacher: { expectedRows, weights: [1, 1] } };
    const { loss } = await decoder.lossAndGateGradients(taught, gates, { units: 'kept' });
    const [dense, pruned] = [
      await decoder.under().logits(batch),
      await decoder.under({ gates }).logits(batch),
    ];
    expect(loss).toBeCloseTo(meanCrossEntropy(dense, pruned), 4);
    decoder.dispose();
  });
});
