import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { budgetFromKeepRatio, outlierKeeps, projectExact, rankWithin } from '@grasp/budget';
import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { type Decoder, loadDecoder, openDecoderCheckpoint } from '@grasp/decoder';
import { valueDensity } from '@grasp/gates';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hiddenStatistics } from './measures/hidden-statistics.js';
import { unitTaylor } from './measures/unit-taylor.js';
import { obsWithin } from './obs/obs-within.js';
import { addOutputMoments, type OutputMoments } from './obs/output-moments.js';
import type { MethodInputs } from './pruning-method.js';
import { layerOutliers } from './rivals/owl.js';
import { rivals } from './rivals.js';

/** Made by test/python/make_rivals.py, with PyTorch's autograd in float64. */
const folder = fileURLToPath(new URL('../../test/rivals', import.meta.url));

let checkpoint: Checkpoint;
let model: Decoder;
let inputs: MethodInputs;
let units: Record<string, number[]>[];
let outliers: number[];

beforeAll(async () => {
  await tf.setBackend('wasm');
  const expected = JSON.parse(await readFile(`${folder}/expected.json`, 'utf8'));
  ({ units, outliers } = expected);
  checkpoint = await openCheckpoint(folder);
  const opened = await openDecoderCheckpoint(checkpoint);
  model = await loadDecoder(opened);
  const batches = expected.ids.map((ids: number[]) => ({
    ids: Int32Array.from(ids),
    shape: [1, ids.length],
  }));
  const budget = budgetFromKeepRatio(model.layout, 0.5);
  const project = (scores: Float32Array) => projectExact(scores, model.layout, budget);
  inputs = { model, checkpoint: opened, batches, seed: 1, project };
});
afterAll(async () => {
  model.dispose();
  await checkpoint.close();
});

/** The reference of a quantity, in layout order. */
const reference = (quantity: string) =>
  Float32Array.from(
    model.layout.blocks.flatMap(
      (block) =>
        units.find(
          ({ layer, kind }) => (layer as unknown) === block.layer && (kind as unknown) === block.kind,
        )![quantity]!,
    ),
  );

function expectClose(found: Float32Array, expected: Float32Array): void {
  for (const { start, count } of model.layout.blocks) {
    const own = expected.subarray(start, start + count);
    const largest = own.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    own.forEach((value, i) => {
      expect(Math.abs(found[start + i]! - value), `unit ${start + i}`).toBeLessThan(1e-4 * largest);
    });
  }
}

describe("scores are PyTorch's to 1e-4, and masks are equal", () => {
  it.each(['magnitude', 'wanda-sp', 'flap', 'fisher', 'shortgpt'] as const)('%s', async (name) => {
    const { layout } = model;
    const own = reference(name);
    const allocated = {
      magnitude: () => valueDensity(layout, own),
      'wanda-sp': () => rankWithin(layout, own),
      flap: () => own,
      fisher: () => valueDensity(layout, own),
      shortgpt: () => own,
    }[name]();
    const found = await rivals[name].score(inputs);
    expectClose(found, allocated);
    expect(inputs.project(found)).toEqual(inputs.project(allocated));
  });

  it('llm-pruner, by rows and by elements', async () => {
    const { vector, element } = await unitTaylor(model, inputs.batches);
    expectClose(vector, reference('vector'));
    expectClose(element, reference('element'));
    for (const [name, quantity] of [
      ['llm-pruner', 'vector'],
      ['llm-pruner-element', 'element'],
    ] as const) {
      const found = inputs.project(await rivals[name].score(inputs));
      expect(found).toEqual(inputs.project(rankWithin(model.layout, reference(quantity))));
    }
  });

  it('owl', async () => {
    const found = await layerOutliers(inputs, await hiddenStatistics(model, inputs.batches));
    expect(found.map((share, i) => Math.abs(share - outliers[i]!)).every((gap) => gap < 1e-9)).toBe(true);
    const keeps = outlierKeeps(outliers, 0.5);
    expect(keeps[0]).not.toBe(keeps[1]);
    const mask = inputs.project(rankWithin(model.layout, reference('wanda-sp'), { keeps }));
    expect(inputs.project(await rivals.owl.score(inputs))).toEqual(mask);
  });

  it.each(['output', 'loss'] as const)('optimal brain surgeon by %s', async (by) => {
    const { layout } = model;
    const counts = new Uint8Array(layout.size);
    for (const { start, count } of layout.blocks) counts.fill(1, start, start + count / 2);
    const moments: OutputMoments = new Map();
    for (const batch of inputs.batches) await addOutputMoments(moments, model, batch);
    const found = await obsWithin(inputs, counts, by === 'loss' ? moments : undefined);
    expect(Array.from(found)).toEqual(Array.from(reference(`obs by ${by}`)));
  });
});
