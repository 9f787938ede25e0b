import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint, toFloat32 } from '@grasp/checkpoint';
import { configOf, loadDecoder } from '@grasp/decoder';
import { hasShared, hasSmollm2, sharedPath, smollm2Path, toleranceOf } from '@grasp/testing';
import { loadTokenizer } from '@grasp/tokenizer';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadInLlamaCpp } from '../../test/llama-cpp.js';
import { type Keep, madeUpModel, masks, prunedBy, someText } from '../../test/made-up-model.js';
import { GGUF_FILE_TYPES, writeGguf } from '../index.js';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'grasp-llama-cpp-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function ourLogits(checkpoint: Checkpoint, ids: Int32Array): Promise<Float32Array> {
  const decoder = await loadDecoder(checkpoint);
  try {
    return await decoder.under().logits({ ids, shape: [1, ids.length] });
  } finally {
    decoder.dispose();
  }
}

/** Largest difference, as a share of the largest magnitude. */
function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return actual.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i]!)), 0) / largest;
}

const rope_scaling = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};
const models = {
  llama: madeUpModel({ model_type: 'llama' }),
  'llama with rotary scaling and biases': madeUpModel({
    model_type: 'llama',
    rope_scaling,
    attention_bias: true,
    head_dim: 8,
    hidden_size: 64,
  }),
  mistral: madeUpModel({ model_type: 'mistral' }),
  qwen2: madeUpModel({ model_type: 'qwen2', hidden_size: 64, head_dim: 8, tie_word_embeddings: true }),
  qwen3: madeUpModel({ model_type: 'qwen3', hidden_size: 64, head_dim: 32, tie_word_embeddings: true }),
};
const removesAttention = (mask: string) => /without attention|empty|no attention/.test(mask);
const cases = Object.keys(models).flatMap((model) =>
  Object.keys(masks)
    .filter((mask) => model !== 'qwen3' || /one|everything/.test(mask))
    .filter((mask) => !(model.includes('biases') && (removesAttention(mask) || mask.includes('FFN'))))
    .map((mask) => ({ model: model as keyof typeof models, mask })),
);

describe('a made-up model in llama.cpp', () => {
  it.each(cases)('has our logits: $model, $mask', async ({ model, mask }) => {
    const view = prunedBy(models[model], masks[mask]!);
    const { ids } = someText(12);
    const expected = await ourLogits(view, ids);
    for (const type of GGUF_FILE_TYPES) {
      const file = join(folder, 'model.gguf');
      await writeGguf(view, file, { type, overwrite: true });
      const back = await openCheckpoint(file);
      const rounded = await ourLogits(back, ids);
      await back.close();
      const llama = await loadInLlamaCpp(file);
      const logits = await llama.logits(ids, 64);
      await llama.dispose();
      // float32: three layers, each with sums of 202 terms, and the head with 48. For other types, llama.cpp rounds the
      // activations to the type of the weights before each product: four times a layer, and in the head.
      // Measured at most: 1e-6, 1e-3, 8e-3, 1.5e-2, 1.5e-2.
      const bound = {
        f32: toleranceOf('float32', 3 * 202 + 48),
        f16: toleranceOf('float16', 3 * 4 + 1),
        bf16: toleranceOf('bfloat16', 3 * 4 + 1),
        q8_0: 5e-2,
        q6_k: 5e-2,
        q5_k_m: 5e-2,
        q4_k_m: 5e-2,
        q4_0: 5e-2,
      }[type];
      expect(relativeDifference(logits, rounded), type).toBeLessThan(bound);
      if (type === 'f32') expect(relativeDifference(logits, expected)).toBeLessThan(bound);
    }
  });
});

describe.skipIf(!hasSmollm2 || !hasShared)('SmolLM2-135M-Instruct in llama.cpp', () => {
  const WINDOW = 256;
  let dense: Checkpoint;
  let text: string;
  beforeAll(async () => {
    dense = await openCheckpoint(smollm2Path);
    text = await readFile(sharedPath('data/wikitext-2-raw/wiki.test.raw'), 'utf8');
  });
  afterAll(() => dense.close());

  /** Keeps the channels with the largest columns in `down_proj`, fewer of them in later layers, and most groups. */
  async function largest(): Promise<Keep> {
    const { layers } = configOf(dense);
    const ranks: Map<number, number>[] = [];
    for (let layer = 0; layer < layers.length; layer++) {
      const tensor = await dense.read(`model.layers.${layer}.mlp.down_proj.weight`);
      const weights = toFloat32(tensor);
      const columns = tensor.shape[1]!;
      const norms = new Float64Array(columns);
      weights.forEach((w, i) => {
        norms[i % columns]! += w * w;
      });
      const order = Array.from(norms.keys()).sort((a, b) => norms[b]! - norms[a]!);
      ranks.push(new Map(order.map((channel, rank) => [channel, rank])));
    }
    return (layer, kind, index) =>
      kind === 'kv' ? layer !== 5 || index < 2 : ranks[layer]!.get(index)! < 1500 - 4 * layer;
  }

  it('has our perplexity, dense and pruned, and our token ids', async () => {
    const tokenizer = await loadTokenizer(dense);
    const ids = (await tokenizer.encode(text.slice(0, 2000))).slice(0, WINDOW);
    for (const [name, view] of [
      ['dense', dense],
      ['pruned', prunedBy(dense, await largest())],
    ] as const) {
      const file = join(folder, `${name}.gguf`);
      await writeGguf(view, file, { type: 'f16' });
      const llama = await loadInLlamaCpp(file, { contextSize: WINDOW });
      const decoder = await loadDecoder(view);
      expect(llama.tokenize(text.slice(0, 2000))).toEqual(
        Array.from(await tokenizer.encode(text.slice(0, 2000))),
      );
      let [ours, theirs] = [0, 0];
      for (let at = 0; at < ids.length; at += WINDOW) {
        const window = ids.slice(at, at + WINDOW);
        const sum = (values: Float32Array) =>
          values.reduce((total, x) => total + x, 0) / (ids.length - ids.length / WINDOW);
        ours += sum(await decoder.negLogLikelihood({ ids: window, shape: [1, window.length] }));
        theirs += sum(await llama.negLogLikelihood(window));
      }
      decoder.dispose();
      await llama.dispose();
      // Measured: see README.
      expect(
        Math.abs(Math.exp(theirs - ours) - 1),
        `${name}: ${Math.exp(ours)}, ${Math.exp(theirs)}`,
      ).toBeLessThan(0.005);
    }
  });
});
