import { toFloat32 } from '@grasp/checkpoint';
import { difference, random } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ArchitectureFixture,
  architectureFixture,
  fixtureNames,
} from '../../test/architecture-fixtures.js';
import type { Decoder } from '../decoder.js';
import { DecoderInputError } from '../errors.js';
import { loadDecoder } from '../load-decoder.js';
import { initialLora } from '../recovery/lora-parameters.js';
import { normCount } from '../recovery/norm-parameters.js';
import { architectures } from '../spec/architectures/index.js';
import { decoderCheckpoint } from '../spec/decoder-checkpoint.js';
import type { DecoderParameters } from '../spec/parameters.js';
import { normNames, projectionName } from '../weights/tensor-names.js';

const plain = architectures.map(
  ({ modelType }) => fixtureNames.find((name) => name.split('-')[0] === modelType) ?? modelType,
);

/** Reads every tensor of the sites; the last batch wins. */
async function observed(
  decoder: Decoder,
  of: DecoderParameters,
  batch: ArchitectureFixture['batch'],
  sites = ['*'],
) {
  const values = new Map<string, { data: Float32Array; shape: number[] }>();
  await decoder.under(of).observe([batch], sites, async (site, tensor) => {
    values.set(site, { data: (await tensor.data()) as Float32Array, shape: tensor.shape });
  });
  return values;
}

describe.each(plain)('observing %s', (name) => {
  let fixture: ArchitectureFixture;
  let decoder: Decoder;
  let parameters: DecoderParameters;
  beforeAll(async () => {
    await tf.setBackend('wasm');
    fixture = await architectureFixture(name);
    decoder = await loadDecoder(fixture.checkpoint);
    const { layout, config } = decoder;
    const next = random(9);
    const mask = Uint8Array.from({ length: layout.size }, () => (next() < 0.6 ? 1 : 0));
    parameters = {
      gates: Float32Array.from(mask, (m) => m * (0.8 + 0.4 * next())),
      norms: Float32Array.from({ length: normCount(config) }, () => 0.8 + 0.4 * next()),
      lora: initialLora(config, mask, 2, next).map((a) => a || (next() - 0.5) / 4),
    };
  });
  afterAll(async () => {
    decoder.dispose();
    await fixture.checkpoint.close();
  });

  it('gives streams that the outputs add up to, dense and under parameters', async () => {
    for (const of of [{}, parameters]) {
      const values = await observed(decoder, of, fixture.batch);
      expect([...values.keys()]).toEqual(decoder.sites);
      for (const [layer] of decoder.config.layers.entries()) {
        const at = (site: string) => values.get(`layers.${layer}.${site}`)!.data;
        expect(at('attention.before')).toEqual(at('before'));
        expect(at('ffn.before')).toEqual(at('attention.after'));
        expect(at('after')).toEqual(at('ffn.after'));
        for (const sublayer of ['attention', 'ffn']) {
          const sum = at(`${sublayer}.before`).map((x, i) => x + at(`${sublayer}.output`)[i]!);
          expect(difference(sum, at(`${sublayer}.after`)).relative).toBeLessThan(1e-5);
        }
      }
    }
  });

  it('leaves the pass as it is: streams are the same without the sites inside', async () => {
    const whole = await observed(decoder, parameters, fixture.batch);
    const streams = await observed(decoder, parameters, fixture.batch, ['*.after']);
    for (const [site, { data }] of streams) expect(data).toEqual(whole.get(site)!.data);
  });

  it('gives hidden inputs in layout order, gated: the dense ones by the gates of the first FFN', async () => {
    const only = Float32Array.from(parameters.gates!);
    const { layout } = decoder;
    for (const { kind, start, count } of layout.blocks) if (kind === 'kv') only.fill(1, start, start + count);
    const dense = await observed(decoder, {}, fixture.batch, ['layers.0.ffn.hidden']);
    const gated = await observed(decoder, { gates: only }, fixture.batch, ['layers.0.ffn.hidden']);
    const [{ data, shape }] = [dense.get('layers.0.ffn.hidden')!];
    const { start, count } = layout.blocks.find(({ kind, layer }) => kind === 'ffn' && layer === 0)!;
    expect(shape).toEqual([fixture.batch.ids.length, count]);
    const expected = data.map((h, i) => h * only[start + (i % count)]!);
    expect(difference(gated.get('layers.0.ffn.hidden')!.data, expected).relative).toBeLessThan(1e-6);
  });

  it('gives the inputs of the first matrices: the stream, normed where the model norms it', async () => {
    const { config } = decoder;
    const checkpoint = decoderCheckpoint(fixture.checkpoint);
    const values = await observed(decoder, {}, fixture.batch, ['*.before', '*.normed']);
    for (const [sublayer, kind] of [
      ['attention', 'attention'],
      ['ffn', 'feedForward'],
    ] as const) {
      const { pre } = normNames(config, 1, kind);
      const weight = pre && toFloat32(await checkpoint.read(pre));
      const d = config.hiddenSize;
      const { data } = values.get(`layers.1.${sublayer}.before`)!;
      const expected = data.map((x, at) => {
        if (!weight) return x;
        const row = data.subarray(at - (at % d), at - (at % d) + d);
        const square = row.reduce((sum, each) => sum + each * each, 0) / d;
        return (x / Math.sqrt(square + config.normEpsilon)) * (weight[at % d]! + config.normOffset);
      });
      const normed = values.get(`layers.1.${sublayer}.normed`)!.data;
      expect(difference(normed, expected).relative).toBeLessThan(1e-5);
    }
  });

  it('gives the inputs of the output matrices: their product is the output, where no norm follows', async () => {
    const { config } = decoder;
    const checkpoint = decoderCheckpoint(fixture.checkpoint);
    for (const [inputs, output, projection, kind] of [
      ['layers.1.attention.heads', 'layers.1.attention.output', 'o', 'attention'],
      ['layers.1.ffn.hidden', 'layers.1.ffn.output', 'down', 'feedForward'],
    ] as const) {
      if (config.biases.includes(projection) || config.norms[kind].post) continue;
      const values = await observed(decoder, {}, fixture.batch, [inputs, output]);
      const { data, shape } = values.get(inputs)!;
      const weight = toFloat32(await checkpoint.read(projectionName(1, projection, 'weight')));
      const [N, n] = shape as [number, number];
      const d = config.hiddenSize;
      const product = Float32Array.from({ length: N * d }, (_, at) => {
        const [t, i] = [Math.floor(at / d), at % d];
        let sum = 0;
        for (let j = 0; j < n; j++) sum += data[t * n + j]! * weight[i * n + j]!;
        return sum * config.residualScale;
      });
      expect(difference(values.get(output)!.data, product).relative).toBeLessThan(1e-5);
    }
  });

  it('leaves no tensor behind, also where the caller throws', async () => {
    await observed(decoder, parameters, fixture.batch);
    const { numTensors } = tf.memory();
    await observed(decoder, parameters, fixture.batch);
    expect(tf.memory().numTensors).toBe(numTensors);
    for (const site of ['layers.0.before', 'layers.1.ffn.hidden', 'layers.1.attention.output']) {
      const run = decoder.under(parameters).observe([fixture.batch], [site, '*.after'], (name) => {
        if (name === site) throw new Error('enough');
      });
      await expect(run).rejects.toThrow('enough');
      expect(tf.memory().numTensors).toBe(numTensors);
    }
  });
});

it('refuses a site that the model does not have', async () => {
  await tf.setBackend('wasm');
  const { checkpoint, batch } = await architectureFixture('llama-plain');
  const decoder = await loadDecoder(checkpoint);
  for (const site of ['layers.99.ffn.hidden', 'layers.0.ffn.heads', 'ffn', 'layers.*.mlp'])
    await expect(decoder.under().observe([batch], [site], () => {})).rejects.toThrow(DecoderInputError);
  decoder.dispose();
  await checkpoint.close();
});
