import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ggufArchitectures, openCheckpoint, toFloat32 } from '@grasp/checkpoint';
import { architectures, configOf, decoderCheckpoint } from '@grasp/decoder';
import { difference } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ggufModelNames, ggufTestModel, logitsOf, REFUSED, textFor } from '../../test/gguf-models.js';
import { randomModel } from '../../test/random-model.js';
import { writeGguf } from '../index.js';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'grasp-gguf-architectures-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a GGUF file that is written and read', () => {
  it.each(ggufModelNames)('is the same model: %s', async (name) => {
    const model = await ggufTestModel(name);
    const file = join(folder, 'model.gguf');
    await writeGguf(model, file, { type: 'f32', overwrite: true });
    const back = await openCheckpoint(file);
    const ids = textFor(back);
    const { relative } = difference(await logitsOf(back, ids), await logitsOf(model, ids));
    expect(relative).toBeLessThan(1e-5);
    const [before, after] = [decoderCheckpoint(model), decoderCheckpoint(back)];
    for (const tensor of before.tensors.keys()) {
      const [own, read] = [toFloat32(await before.read(tensor)), toFloat32(await after.read(tensor))];
      const inner = own.length === read.length ? difference(read, own).relative : 0; // the rest is padded
      expect(inner, tensor).toBeLessThan(5e-7);
    }
    await Promise.all([model.close(), back.close()]);
  });
});

it('a gemma2 file states a window even if no layer has one, since llama.cpp aborts without', async () => {
  const { decoder: _, ...dense } = decoderCheckpoint(await ggufTestModel('gemma2-defaults'));
  const { num_hidden_layers: layers, max_position_embeddings: context } = dense.config as Record<
    string,
    number
  >;
  const config = { ...dense.config, layer_types: Array(layers!).fill('full_attention') };
  const file = join(folder, 'no-window.gguf');
  await writeGguf({ ...dense, config }, file, { type: 'f32' });
  const back = await openCheckpoint(file);
  expect((back.config as Record<string, unknown>).sliding_window).toBe(context);
  await Promise.all([dense.close(), back.close()]);
});

describe('writeGguf', () => {
  it.each(['qwen3', 'gemma2', 'gemma3_text', 'smollm3', 'glm4', 'ernie4_5', 'olmo2'])(
    'refuses a divisor for each frequency in a %s: llama.cpp does not know the tensor there',
    async (model_type) => {
      const numbers = { factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
      const rope_scaling = { rope_type: 'llama3', ...numbers, original_max_position_embeddings: 64 };
      const sizes = { hidden_size: 32, intermediate_size: 40, vocab_size: 40, num_hidden_layers: 2 };
      const heads = { num_attention_heads: 4, num_key_value_heads: 2, head_dim: 8 };
      const own = { layer_types: ['full_attention', 'full_attention'], query_pre_attn_scalar: 8 };
      const model = randomModel({ model_type, rope_scaling, ...sizes, ...heads, ...own });
      const write = writeGguf(model, join(folder, 'not-read.gguf'), { type: 'f32' });
      await expect(write).rejects.toThrow('the rotary embedding of layer 0 with llama3 scaling');
    },
  );

  it.each(Object.entries(REFUSED))('refuses %s by name', async (name, why) => {
    const model = await ggufTestModel(name);
    const write = writeGguf(model, join(folder, 'refused.gguf'), { type: 'f32' });
    await expect(write).rejects.toThrow(why);
    await expect(write).rejects.toMatchObject({ code: 'GRASP_EXPORT_INEXPRESSIBLE' });
    await model.close();
  });

  it('names what the nearest architecture lacks, not what another has a place for', async () => {
    const sizes = { hidden_size: 8, intermediate_size: 40, vocab_size: 40, num_hidden_layers: 2 };
    const heads = { num_attention_heads: 4, num_key_value_heads: 2, head_dim: 8 }; // of llama, not of qwen2
    const rope_scaling = { rope_type: 'dynamic', factor: 2 };
    const model = randomModel({ model_type: 'qwen2', rope_scaling, ...sizes, ...heads });
    await expect(writeGguf(model, join(folder, 'nearest.gguf'), { type: 'f32' })).rejects.toThrow(
      'cannot express the rotary embedding of layer 0 with dynamic scaling, in its architecture llama.',
    );
  });

  it('knows every architecture of the decoder', () => {
    const held = ggufArchitectures.flatMap(({ modelType, alsoHolds = [] }) => [modelType, ...alsoHolds]);
    for (const { modelType } of architectures) expect(held).toContain(modelType);
  });
});

it('names the model types and classes of transformers', () => {
  for (const { modelType, className } of ggufArchitectures) {
    expect(configOf({ config: { model_type: modelType } }).architecture.className).toBe(className);
  }
});
