import { readFileSync } from 'node:fs';
import { decoderConfig, findArchitecture, loadDecoder } from '@grasp/decoder';
import { difference, readmeCode, toleranceOf } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, it } from 'vitest';
import { madeUpRun, madeUpSeedOss, someTokens } from './made-up.js';

beforeAll(async () => {
  expect(() => decoderConfig({ model_type: 'seed_oss' })).toThrow(/supported architectures are llama/);
  await import('../src/seed-oss.js');
  await tf.setBackend('wasm');
});

it('is what the guide shows', () => {
  const adapter = readFileSync(new URL('../src/seed-oss.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../../../docs/new-architecture.md', import.meta.url))).toContain(adapter);
});

it('is found by its model type', () => {
  expect(findArchitecture({ model_type: 'seed_oss' }).className).toBe('SeedOssForCausalLM');
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
  const expected = await gated.logits(someTokens, gates);
  const found = await folded.logits(someTokens);
  // Three layers, each with sums of 202 terms, and the head with 48.
  expect(difference(found, expected).relative).toBeLessThan(toleranceOf('float32', 3 * 202 + 48));
  expect(pruned.config).toMatchObject({
    base_model_type: 'seed_oss',
    architectures: ['PrunedSeedOssForCausalLM'],
  });
  gated.dispose();
  folded.dispose();
});
