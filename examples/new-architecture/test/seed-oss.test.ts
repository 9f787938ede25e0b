import { readFileSync } from 'node:fs';
import { findArchitecture, loadDecoder } from '@grasp/decoder';
import { difference, readmeCode, toleranceOf } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, it } from 'vitest';
import { seedOss, withSeedOss } from '../src/seed-oss.js';
import { madeUpRun, madeUpSeedOss, someTokens } from './made-up.js';

beforeAll(() => tf.setBackend('wasm'));

it('is what the guide shows', () => {
  const adapter = readFileSync(new URL('../src/seed-oss.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../../../docs/new-architecture.md', import.meta.url))).toContain(adapter);
});

it('is found by its model type, where it is passed', () => {
  expect(findArchitecture({ model_type: 'seed_oss' }, withSeedOss)).toBe(seedOss);
  expect(() => findArchitecture({ model_type: 'seed_oss' })).toThrow(/Supported architectures: llama/);
});

it('has gate gradients that are the slopes of its loss', async () => {
  const dense = madeUpSeedOss();
  const decoder = await loadDecoder(dense);
  const { gates } = madeUpRun(dense);
  const { gradients } = await decoder.lossAndGateGradients(someTokens, gates);
  const largest = gradients.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  for (const { start, count } of decoder.layout.blocks) {
    const unit = start + Math.floor(count / 2);
    const lossAt = async (offset: number) => {
      const moved = gates.map((gate, i) => (i === unit ? gate + offset : gate));
      return (await decoder.lossAndGateGradients(someTokens, moved, { units: 'kept' })).loss;
    };
    const slope = 16 * ((await lossAt(1 / 32)) - (await lossAt(-1 / 32)));
    expect(Math.abs(slope - gradients[unit]!)).toBeLessThan(2e-2 * largest);
  }
  decoder.dispose();
});

it('computes the same folded and sliced as it does under its gates, biases included', async () => {
  const dense = madeUpSeedOss();
  const { gates, pruned } = madeUpRun(dense);
  const gated = await loadDecoder(dense);
  const folded = await loadDecoder(pruned);
  const expected = await gated.under({ gates }).logits(someTokens);
  const found = await folded.under().logits(someTokens);
  // Three layers, each with sums of 202 terms, and the head with 48.
  expect(difference(found, expected).relative).toBeLessThan(toleranceOf('float32', 3 * 202 + 48));
  expect(pruned.config).toMatchObject({
    base_model_type: 'seed_oss',
    architectures: ['PrunedSeedOssForCausalLM'],
  });
  gated.dispose();
  folded.dispose();
});
