import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { configOf, decoderCheckpoint } from '@grasp/decoder';
import { difference } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ggufModelNames, ggufTestModel, logitsOf, textFor } from '../../test/gguf-models.js';
import { loadInLlamaCpp } from '../../test/llama-cpp.js';
import { masks, prunedBy } from '../../test/made-up-model.js';
import { writeGguf } from '../index.js';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'grasp-llama-cpp-architectures-'));
});
afterAll(() => rm(folder, { recursive: true }));

/**
 * Largest difference as a share of the largest logit. llama.cpp rounds GELU to float16: of two to seven layers with that,
 * measured 1e-3. Others: 3e-6.
 */
const boundOf = (name: string) => (name.startsWith('gemma') ? 4e-3 : 2e-5);

/**
 * llama.cpp takes LongRoPE's divisors for longer texts as soon as its context, of at least 256 tokens, is longer than that
 * of training. These models are read with shorter texts.
 */
const OTHER_DIVISORS = ['phi3-longrope-long', 'phi3-longrope-short'];
const comparable = ggufModelNames.filter((name) => !OTHER_DIVISORS.includes(name));

const cases = comparable.flatMap((name) => [
  { name, mask: 'everything' },
  { name, mask: 'about half' },
  { name, mask: 'middle layer without attention' },
  { name, mask: 'first layer empty' },
]);

describe('a model of each architecture in llama.cpp', () => {
  it.each(cases)('has our logits: $name, $mask', async ({ name, mask }) => {
    const dense = await ggufTestModel(name);
    const { groupGate, biases } = configOf(dense);
    if (mask !== 'everything' && biases.length > 0 && mask !== 'about half') return; // refused: a bias remains
    const keep = masks[mask]!;
    const model = prunedBy(
      decoderCheckpoint(dense),
      (layer, kind, ...rest) => (kind === 'kv' && groupGate === 'none') || keep(layer, kind, ...rest),
    );
    const file = join(folder, 'model.gguf');
    await writeGguf(model, file, { type: 'f32', overwrite: true });
    const back = await openCheckpoint(file);
    const ids = textFor(back);
    const expected = await logitsOf(model, ids);
    expect(difference(await logitsOf(back, ids), expected).relative, 'read back').toBeLessThan(1e-5);
    const llama = await loadInLlamaCpp(file, { contextSize: 256 });
    const logits = await llama.logits(ids, configOf(back).vocabSize);
    await llama.dispose();
    await Promise.all([dense.close(), back.close()]);
    expect(difference(logits, expected).relative).toBeLessThan(boundOf(name));
  });
});
