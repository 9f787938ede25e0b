import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint, toFloat32 } from '@grasp/checkpoint';
import { configOf, decoderCheckpoint, rotaryFrequencies } from '@grasp/decoder';
import { random } from '@grasp/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonFiles, madeUpModel, masks, prunedBy } from '../../test/made-up-model.js';
import { GGUF_FILE_TYPES, originOf, writeGguf } from '../index.js';
import { withoutEmptyLayers } from '../without-empty-layers.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-gguf-'));
});
afterAll(() => rm(folder, { recursive: true }));

const llama = madeUpModel({ model_type: 'llama' });

async function readBack<T>(
  checkpoint: Checkpoint,
  options: Parameters<typeof writeGguf>[2],
  look: (back: Checkpoint) => Promise<T>,
): Promise<T> {
  const file = join(folder, 'model.gguf');
  await writeGguf(checkpoint, file, { overwrite: true, ...options });
  const back = await openCheckpoint(file);
  try {
    return await look(back);
  } finally {
    await back.close();
  }
}

/** Whether `inner` is the corner of `outer` at the origin, and the rest of `outer` is 0. Both `[rows, columns]`. */
function isPaddedBy(inner: number[][], outer: number[][]): boolean {
  return outer.every((row, r) => row.every((value, c) => value === (inner[r]?.[c] ?? 0)));
}

async function rowsOf(checkpoint: Checkpoint, name: string): Promise<number[][]> {
  if (!checkpoint.tensors.has(name)) return [];
  const tensor = await checkpoint.read(name);
  const columns = tensor.shape[1] ?? 1;
  const values = Array.from(toFloat32(tensor));
  return Array.from({ length: tensor.shape[0]! }, (_, row) =>
    values.slice(row * columns, (row + 1) * columns),
  );
}

/** A model as it is written: without its empty layers. */
const writtenForm = (view: Checkpoint): Checkpoint =>
  withoutEmptyLayers(decoderCheckpoint(view), 'GGUF').checkpoint;

/** The architecture that a file names. */
async function architectureOf(file: string): Promise<string> {
  const bytes = await readFile(file);
  const value = bytes.indexOf('general.architecture') + 'general.architecture'.length + 4; // after its type
  const length = Number(bytes.readBigUInt64LE(value));
  return bytes.toString('utf8', value + 8, value + 8 + length);
}

async function expectSameWeights(given: Checkpoint, back: Checkpoint): Promise<void> {
  const view = writtenForm(given);
  for (const name of back.tensors.keys()) {
    expect(isPaddedBy(await rowsOf(view, name), await rowsOf(back, name)), name).toBe(true);
  }
  for (const [name, { shape }] of view.tensors) {
    // The norm before a sublayer that is gone may stay behind.
    if (!back.tensors.has(name)) expect(name).toMatch(/input_layernorm/);
    else expect(back.tensors.get(name)!.shape.length).toBe(shape.length);
  }
}

describe.each(['llama', 'mistral', 'qwen2'] as const)('writeGguf of a pruned %s', (model_type) => {
  const dense = madeUpModel({ model_type });
  it.each(Object.keys(masks))('holds every weight of a mask: %s', async (mask) => {
    const view = prunedBy(dense, masks[mask]!);
    await readBack(view, { type: 'f32' }, async (back) => {
      await expectSameWeights(view, back);
      const { layers } = configOf(writtenForm(view));
      configOf(back).layers.forEach(({ channels, kvHeads }, layer) => {
        expect(channels).toBe(32 * Math.ceil(Math.max(1, layers[layer]!.channels) / 32));
        expect(kvHeads).toBe(layer === 0 ? Math.max(1, layers[0]!.kvHeads) : layers[layer]!.kvHeads);
      });
    });
  });
});

describe('writeGguf', () => {
  it.each([
    ['llama', 'one shape', 'llama'],
    ['mistral', 'one shape', 'llama'],
    ['qwen2', 'everything', 'qwen2'],
    ['qwen2', 'one shape', 'llama'], // llama.cpp's qwen2 wants heads that span the hidden size
    ['qwen3', 'one shape', 'qwen3'],
    ['llama', 'about half', 'deci'],
    ['qwen2', 'about half', 'deci'],
    ['qwen3', 'about half', 'step35'],
    ['granite', 'about half', 'granite'],
  ] as const)('writes %s with the mask "%s" as %s', async (model_type, mask, architecture) => {
    const file = join(folder, 'architecture.gguf');
    const view = prunedBy(madeUpModel({ model_type }), masks[mask]!);
    await writeGguf(view, file, { type: 'f16', overwrite: true });
    expect(await architectureOf(file)).toBe(architecture);
  });

  it('writes scaled qwen3 as qwen3, because layers of step35 with a window do not scale', async () => {
    const file = join(folder, 'scaled.gguf');
    const rope_scaling = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32 };
    const view = prunedBy(madeUpModel({ model_type: 'qwen3', rope_scaling }), masks['about half']!);
    await writeGguf(view, file, { type: 'f16' });
    expect(await architectureOf(file)).toBe('qwen3');
  });

  it('holds every weight of any mask', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }), async (seed, share) => {
        const chance = random(seed);
        const view = prunedBy(llama, () => chance() < share);
        await readBack(view, { type: 'f32' }, (back) => expectSameWeights(view, back));
      }),
      { numRuns: 20 },
    );
  });

  it('quantises rows that are whole blocks, and keeps others in float16', async () => {
    const wide = madeUpModel({ model_type: 'llama', hidden_size: 64, head_dim: 8 });
    for (const type of ['q8_0', 'q4_0'] as const) {
      await readBack(prunedBy(wide, masks['about half']!), { type }, async (back) => {
        const dtypes = [...back.tensors.values()].map(({ name, shape, dtype }) => [
          dtype,
          shape.length === 1 || shape[1]! % 32 === 0 ? 'F32' : 'F16',
          name,
        ]);
        for (const [dtype, expected, name] of dtypes) expect(dtype, name).toBe(expected);
      });
    }
  });

  it.each(GGUF_FILE_TYPES)('rounds as much as %s does', async (type) => {
    // Rows of 64 are no whole super-blocks: the K-quants are Q8_0, Q5_1 and Q5_0.
    const bound = {
      ...{ f32: 0, f16: 2 ** -11, bf16: 2 ** -8, q8_0: 0.5 / 127, q4_0: 1 / 8 },
      ...{ q6_k: 0.5 / 127, q5_k_m: 1 / 31, q4_k_m: 1 / 16 },
    }[type];
    const wide = madeUpModel({ model_type: 'llama', hidden_size: 64, head_dim: 8 });
    await readBack(wide, { type }, async (back) => {
      const name = 'model.layers.1.mlp.up_proj.weight';
      const [before, after] = [toFloat32(await wide.read(name)), toFloat32(await back.read(name))];
      const largest = before.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const error = before.reduce((most, x, i) => Math.max(most, Math.abs(x - after[i]!)), 0);
      expect(error).toBeLessThanOrEqual(1.01 * bound * largest);
      expect(error > 0).toBe(type !== 'f32');
    });
  });

  it('warns of rows that are no whole blocks, before it writes', async () => {
    const wide = madeUpModel({ model_type: 'llama', hidden_size: 256, head_dim: 32, intermediate_size: 288 });
    const file = join(folder, 'warned.gguf');
    const warnings: string[] = [];
    const onWarning = (warning: string) => void warnings.push(`${warning} ${existsSync(file)}`);
    await writeGguf(wide, file, { type: 'q4_k_m', onWarning });
    expect(warnings).toEqual([
      '3 matrices have rows that are no multiple of 256: ffn_down (288). Stored as Q5_0, Q8_0 instead of Q4_K, Q6_K. ' +
        '"grasp prune --align 256" gives the FFN such widths, so that ffn_down keeps its type. false',
    ]);
  });

  it('refuses importance of another number of columns', async () => {
    const importance = new Map([['model.layers.1.mlp.up_proj.weight', new Float32Array(47)]]);
    const file = join(folder, 'wrong.gguf');
    await expect(writeGguf(llama, file, { type: 'q8_0', importance })).rejects.toThrow(
      'model.layers.1.mlp.up_proj.weight has 48 columns, and 47 values of importance',
    );
  });

  it('gives back tokenizer and chat template', async () => {
    await readBack(llama, { type: 'f16' }, async (back) => {
      const json = async (files: Checkpoint['files'], name: string) =>
        JSON.parse(new TextDecoder().decode(await files.find((file) => file.name === name)!.read()));
      const [before, after] = [
        await json(llama.files, 'tokenizer.json'),
        await json(back.files, 'tokenizer.json'),
      ];
      expect(after.model.vocab).toEqual({ ...before.model.vocab, '<s>': 62, '</s>': 63 });
      const config = await json(back.files, 'tokenizer_config.json');
      expect(config).toMatchObject({
        bos_token: '<s>',
        eos_token: '</s>',
        chat_template: '{{ messages[0].content }}',
        model_input_names: ['input_ids', 'attention_mask'], // transformers refuses to generate from more
      });
    });
  });

  it('carries the licence over', async () => {
    const readme = '---\nlicense: apache-2.0\nlanguage: [en, fr]\n---\n';
    const card = { name: 'README.md', read: async () => new TextEncoder().encode(readme) };
    await readBack({ ...llama, files: [...llama.files, card] }, { type: 'f16' }, async (back) => {
      expect(await originOf(back)).toEqual({ license: 'apache-2.0', languages: ['en', 'fr'] });
    });
  });

  it('recovers the rotary scaling of LLaMA-3', async () => {
    const rope_scaling = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    };
    const scaled = madeUpModel({ model_type: 'llama', rope_scaling, rope_theta: 500_000 });
    await readBack(prunedBy(scaled, masks['about half']!), { type: 'f32' }, async (back) => {
      expect(back.config).toMatchObject({ rope_scaling, rope_theta: 500_000 });
    });
  });

  it.each([
    { factor: 4, low_freq_factor: 2, high_freq_factor: 5, original_max_position_embeddings: 1000 },
    { factor: 3, low_freq_factor: 1, high_freq_factor: 2, original_max_position_embeddings: 40 },
  ])('writes LLaMA-3 scaling of any numbers: %j', async (numbers) => {
    const scaled = madeUpModel({ model_type: 'llama', rope_scaling: { rope_type: 'llama3', ...numbers } });
    const frequencies = (checkpoint: Checkpoint) =>
      rotaryFrequencies(configOf(checkpoint).attention[0]!.rotary!);
    await readBack(scaled, { type: 'f32' }, async (back) => {
      for (const [i, value] of frequencies(scaled).entries()) {
        expect(frequencies(back)[i]! / value).toBeCloseTo(1, 3);
      }
    });
  });

  it('tells of every tensor', async () => {
    const seen: number[] = [];
    await readBack(llama, { type: 'f16', onTensor: ({ done }) => seen.push(done) }, async (back) => {
      expect(seen).toEqual(Array.from(back.tensors.keys(), (_, i) => i + 1));
    });
  });

  it('pads layers of different widths to the widest where llama.cpp has one, and says so', async () => {
    const view = prunedBy(madeUpModel({ model_type: 'granite' }), masks['about half']!);
    const file = join(folder, 'levelled.gguf');
    const summary = await writeGguf(view, file, { type: 'f32', overwrite: true });
    const back = await openCheckpoint(file);
    expect(back.config).not.toHaveProperty('layer_shapes');
    await expectSameWeights(view, back);
    await back.close();
    expect(summary.levelled).toBe(true);
    expect(summary.paddedShare).toBeGreaterThan(0);
  });

  it('names what llama.cpp has no place for', async () => {
    const dynamic = madeUpModel({
      model_type: 'llama',
      rope_scaling: { rope_type: 'dynamic', factor: 2 },
    });
    const write = writeGguf(dynamic, join(folder, 'other.gguf'), { type: 'f16' });
    await expect(write).rejects.toMatchObject({ code: 'GRASP_EXPORT_INEXPRESSIBLE' });
    await expect(write).rejects.toThrow(/rotary embedding of layer 0 with dynamic scaling/);
    const gelu = madeUpModel({ model_type: 'llama', hidden_act: 'gelu' });
    await expect(writeGguf(gelu, join(folder, 'other.gguf'), { type: 'f16' })).rejects.toThrow(
      /the activation gelu, in its architecture llama/,
    );
  });

  it.each([
    ['no tokenizer', [], /tokenizer\.json/],
    [
      'a tokenizer that splits otherwise',
      jsonFiles({
        'tokenizer.json': {
          pre_tokenizer: { type: 'Whitespace' },
          model: { type: 'BPE', vocab: {}, merges: [] },
        },
      }),
      /way of splitting/,
    ],
    [
      'a tokenizer that is not BPE',
      jsonFiles({ 'tokenizer.json': { model: { type: 'Unigram', vocab: [] } } }),
      /Unigram/,
    ],
    [
      'more ids than embeddings',
      jsonFiles({ 'tokenizer.json': { model: { type: 'BPE', vocab: { a: 64 }, merges: [] } } }),
      /id 64 beside 64 embeddings/,
    ],
  ])('refuses %s', async (_what, files, message) => {
    await expect(writeGguf({ ...llama, files }, join(folder, 'other.gguf'), { type: 'f16' })).rejects.toThrow(
      message,
    );
  });

  it('refuses a tensor that is not of the shape of config.json before it reads any', async () => {
    const name = 'model.layers.2.mlp.down_proj.weight';
    const tensors = new Map(llama.tensors).set(name, { name, dtype: 'F32', shape: [48, 39] });
    const read = () => Promise.reject(new Error('read'));
    const file = join(folder, 'narrow.gguf');
    await expect(writeGguf({ ...llama, tensors, read }, file, { type: 'f16' })).rejects.toMatchObject({
      code: 'GRASP_WEIGHT_SHAPE',
      tensor: name,
    });
  });

  it('says how much of the file is padding, and which types the matrices have', async () => {
    const file = join(folder, 'summary.gguf');
    const view = prunedBy(llama, masks['about half']!);
    const summary = await writeGguf(view, file, { type: 'f32', overwrite: true });
    const elements = (tensors: Checkpoint['tensors']) =>
      [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const back = await openCheckpoint(file);
    const own = new Map([...view.tensors].filter(([name]) => back.tensors.has(name)));
    expect(summary.paddedShare).toBeCloseTo(1 - elements(own) / elements(back.tensors), 12);
    await back.close();
    expect(summary.paddedShare).toBeGreaterThan(0);
    const widths = new Set(configOf(view).layers.map(({ channels }) => channels));
    expect(summary.paddedWidths).toEqual([...widths].filter((width) => width % 32 > 0).sort((a, b) => a - b));
    expect(Object.keys(summary.matrices)).toEqual(['F32']);
  });

  it('leaves nothing behind on an error, and does not overwrite', async () => {
    const broken: Checkpoint = {
      ...llama,
      read: (name) => (name.includes('layers.2') ? Promise.reject(new Error('unplugged')) : llama.read(name)),
    };
    const file = join(folder, 'fresh.gguf');
    await expect(writeGguf(broken, file, { type: 'f16' })).rejects.toThrow(/unplugged/);
    expect((await readdir(folder)).filter((name) => name.startsWith('fresh'))).toEqual([]);
    await writeGguf(llama, file, { type: 'f16' });
    await expect(writeGguf(llama, file, { type: 'f16' })).rejects.toMatchObject({ reason: 'overwrite' });
    await expect(writeGguf(llama, join(folder, 'model.bin'), { type: 'f16' })).rejects.toMatchObject({
      reason: 'input',
    });
  });

  it('lets one of several exports to a file write it, and tells the others at once', async () => {
    const file = join(folder, 'contested.gguf');
    await writeFile(`${file}.0123456789abcdef.partial`, 'of a killed export');
    const exports = await Promise.allSettled([1, 2, 3].map(() => writeGguf(llama, file, { type: 'f16' })));
    expect(exports.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of exports) {
      if (result.status === 'fulfilled') continue;
      expect(result.reason).toMatchObject({ code: 'GRASP_FILE_WRITE', reason: 'in-use', path: file });
    }
    await (await openCheckpoint(file)).close();
    expect((await readdir(folder)).filter((name) => name.startsWith('contested'))).toEqual([
      'contested.gguf',
    ]);
  });

  it('names the file when its folder is missing', async () => {
    const file = join(folder, 'gone', 'x.gguf');
    await expect(writeGguf(llama, file, { type: 'f16' })).rejects.toMatchObject({
      code: 'GRASP_FILE_WRITE',
      path: file,
    });
  });
});
