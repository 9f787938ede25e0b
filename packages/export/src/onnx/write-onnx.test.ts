import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@fast-check/vitest';
import { type Checkpoint, InexpressibleModelError } from '@grasp/checkpoint';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { madeUpModel, masks, prunedBy } from '../../test/made-up-model.js';
import { writeOnnx } from '../index.js';
import { placeWeights } from './data-files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-onnx-'));
});
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const model = madeUpModel({ model_type: 'llama' });

describe('writeOnnx', () => {
  it('writes what transformers.js loads, and reads each tensor once', async () => {
    const read: string[] = [];
    const counted: Checkpoint = {
      ...model,
      read(name) {
        read.push(name);
        return model.read(name);
      },
    };
    const seen: number[] = [];
    await writeOnnx(counted, at('plain'), { onTensor: ({ done }) => void seen.push(done) });
    expect(read.sort()).toEqual([...model.tensors.keys()].sort());
    expect(seen).toEqual(seen.map((_, i) => i + 1));
    expect((await readdir(at('plain'), { recursive: true })).sort()).toEqual([
      'config.json',
      'grasp-output.json',
      'onnx',
      'onnx/model.onnx',
      'onnx/model.onnx_data',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const config = JSON.parse(await readFile(at('plain/config.json'), 'utf8'));
    expect(config).toMatchObject({
      model_type: 'llama',
      num_hidden_layers: 3,
      num_key_value_heads: 4,
      head_dim: 6,
      torch_dtype: 'float32',
      'transformers.js_config': { dtype: 'fp32', use_external_data_format: { 'model.onnx': 1 } },
    });
    // The weights are not in the model file.
    const [file, data] = await Promise.all(
      ['onnx', 'onnx_data'].map((end) => stat(at(`plain/onnx/model.${end}`))),
    );
    const elements = [...model.tensors.values()].reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b),
      0,
    );
    expect(data!.size).toBeGreaterThanOrEqual(4 * elements);
    expect(file!.size).toBeLessThan(60_000);
  });

  it('has the names and types of float16 where that is asked for', async () => {
    await writeOnnx(model, at('half'), { type: 'f16' });
    expect((await readdir(at('half/onnx'))).sort()).toEqual(['model_fp16.onnx', 'model_fp16.onnx_data']);
    const config = JSON.parse(await readFile(at('half/config.json'), 'utf8'));
    expect(config).toMatchObject({
      torch_dtype: 'float16',
      'transformers.js_config': { dtype: 'fp16', use_external_data_format: { 'model_fp16.onnx': 1 } },
    });
  });

  it('states the widths of layers that differ, and leaves empty layers out', async () => {
    const keep = (layer: number, kind: string, index: number) =>
      layer !== 1 && index < (kind === 'kv' ? layer + 1 : 10 + layer);
    await writeOnnx(prunedBy(model, keep), at('uneven'));
    const config = JSON.parse(await readFile(at('uneven/config.json'), 'utf8'));
    const widths = (channels: number, kvHeads: number) => ({
      intermediate_size: channels,
      num_attention_heads: 2 * kvHeads,
      num_key_value_heads: kvHeads,
    });
    expect(config).toMatchObject({ model_type: 'llama', num_hidden_layers: 2, ...widths(12, 3) });
    expect(config.layer_shapes).toEqual([widths(10, 1), widths(12, 3)]);
    expect(config.auto_map).toBeUndefined();
  });

  it('says where a cache ends to be right', async () => {
    const warnings: string[] = [];
    const rope_scaling = { rope_type: 'longrope', short_factor: [1, 1, 1], long_factor: [2, 2, 2] };
    const grown = { rope_scaling, original_max_position_embeddings: 16, max_position_embeddings: 64 };
    const onWarning = (warning: string) => void warnings.push(warning);
    await writeOnnx(madeUpModel({ model_type: 'llama', ...grown }), at('grown'), { onWarning });
    await writeOnnx(model, at('plain'), { onWarning, overwrite: true });
    expect(warnings).toEqual([expect.stringMatching(/more than 16 tokens.*read it again/)]);
  });

  it('refuses a bias of a sublayer that was removed, and a folder that is there', async () => {
    const biased = madeUpModel({ model_type: 'llama', mlp_bias: true });
    const refused = writeOnnx(prunedBy(biased, masks['last layer without FFN']!), at('refused'));
    await expect(refused).rejects.toThrow(InexpressibleModelError);
    await expect(refused).rejects.toThrow(/ONNX cannot express model.layers.2.mlp.down_proj.bias/);
    await expect(writeOnnx(model, at('plain'))).rejects.toMatchObject({ reason: 'overwrite' });
  });

  it.each(['../x.json', 'config.json', 'onnx'])('refuses a file of the name %s', async (name) => {
    const file = { name, read: async () => new Uint8Array(1) };
    const written = writeOnnx({ ...model, files: [file] }, at('named'));
    await expect(written).rejects.toThrow(`${JSON.stringify(name)} has no place beside the model`);
  });

  it('leaves nothing behind if a tensor cannot be read', async () => {
    const read = (name: string) => {
      if (name.includes('layers.2')) throw new Error('gone');
      return model.read(name);
    };
    await expect(writeOnnx({ ...model, read }, at('broken'))).rejects.toThrow('gone');
    expect((await readdir(folder)).filter((name) => name.startsWith('broken'))).toEqual([]);
  });
});

describe('placeWeights', () => {
  const sized = (size: number, i: number) => ({
    name: `w${i}`,
    type: 'FLOAT' as const,
    shape: [size],
    read: async () => new Float32Array(size),
  });
  test.prop([fc.array(fc.nat(6000), { minLength: 1 }), fc.integer({ min: 4096, max: 40_000 })])(
    'gives each weight pages of its own, in files that a browser can read',
    (sizes, most) => {
      const places = placeWeights(sizes.map(sized), 'm.onnx', most);
      expect(places.map(({ weight }) => weight.shape[0])).toEqual(sizes);
      for (const [i, { file, offset }] of places.entries()) {
        expect(offset % 4096).toBe(0);
        expect(offset === 0 || offset + 4 * sizes[i]! <= most).toBe(true);
        const before = places[i - 1];
        if (before?.file === file) expect(offset).toBeGreaterThanOrEqual(before.offset + 4 * sizes[i - 1]!);
      }
      const files = [...new Set(places.map(({ file }) => file))];
      expect(files).toEqual(files.map((_, i) => `m.onnx_data${i === 0 ? '' : `_${i}`}`));
    },
  );
});
