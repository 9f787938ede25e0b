import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ggufArchitectures, ggufName } from '@grasp/checkpoint';
import { random } from '@grasp/testing';
import { GGMLQuantizationType, gguf } from '@huggingface/gguf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { madeUpModel, masks, prunedBy } from '../../test/made-up-model.js';
import { writeGguf } from '../index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-quantized-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Folder of llama.cpp's libraries in the npm package of this platform. */
function librariesOfLlamaCpp(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('node-llama-cpp'));
  const platform = `${process.platform}-${process.arch}`;
  return join(dirname(require.resolve(`@node-llama-cpp/${platform}`)), '../bins', platform);
}

/** Its tensors have the names of all models here. */
const llama = ggufArchitectures.find(({ name }) => name === 'llama')!;

const SCRIPT = fileURLToPath(new URL('../../test/python/quantize_gguf.py', import.meta.url));
const FILE_TYPES = { q4_k_m: 15, q5_k_m: 17, q6_k: 18 } as const;

/** Type and bytes of each tensor of a GGUF file, by name. */
async function tensorsOf(file: string): Promise<Map<string, { type: string; bytes: Buffer }>> {
  const { tensorInfos, tensorDataOffset } = await gguf(file, { allowLocalFile: true });
  const content = await readFile(file);
  const ends = [...tensorInfos.map(({ offset }) => offset), BigInt(content.length) - tensorDataOffset];
  return new Map(
    tensorInfos.map(({ name, dtype, offset }) => {
      const end = ends.filter((other) => other > offset).toSorted((a, b) => Number(a - b))[0];
      const bytes = content.subarray(Number(tensorDataOffset + offset), Number(tensorDataOffset + end!));
      return [name, { type: GGMLQuantizationType[dtype]!, bytes }];
    }),
  );
}

const wide = { hidden_size: 256, head_dim: 32, intermediate_size: 256 };
const narrow = { hidden_size: 64, head_dim: 8, intermediate_size: 64 };
const models = {
  'llama, whole super-blocks': madeUpModel({ model_type: 'llama', ...wide }),
  'qwen2, tied': madeUpModel({ model_type: 'qwen2', ...wide, tie_word_embeddings: true }),
  'deci, widths of all kinds': prunedBy(
    madeUpModel({ model_type: 'llama', ...wide, intermediate_size: 512, num_hidden_layers: 4 }),
    masks['about half']!,
  ),
  'llama, rows of 64, 17 layers': madeUpModel({ model_type: 'llama', ...narrow, num_hidden_layers: 17 }),
  'llama, 80 layers': madeUpModel({ model_type: 'llama', ...narrow, num_hidden_layers: 80 }),
  'llama, 80 layers, a value head for each query head': madeUpModel({
    ...{ model_type: 'llama', ...narrow, num_hidden_layers: 80, num_key_value_heads: 8 },
  }),
  'qwen2, 80 layers': madeUpModel({ model_type: 'qwen2', ...narrow, num_hidden_layers: 80 }),
  'qwen3, 80 layers': madeUpModel({ model_type: 'qwen3', ...narrow, num_hidden_layers: 80 }),
  'deci, 80 layers, some without attention': prunedBy(
    madeUpModel({ model_type: 'llama', ...narrow, num_hidden_layers: 80 }),
    (layer, kind) => kind === 'ffn' || layer % 3 !== 1,
  ),
};

// The libraries for x86-64 have no fused multiply-add in this code. Others may round sums differently.
describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('a quantised GGUF file', () => {
  it.each(
    Object.keys(models).flatMap((model) => [
      { model: model as keyof typeof models, by: 'magnitude' },
      { model: model as keyof typeof models, by: 'importance' },
    ]),
  )('has the tensors that llama.cpp makes of the float32 file: $model, by $by', async ({ model, by }) => {
    const view = models[model];
    const float = join(folder, 'float.gguf');
    await writeGguf(view, float, { type: 'f32', overwrite: true });
    const importance = new Map<string, Float32Array>();
    const chance = random(5);
    if (by === 'importance') {
      for (const { name, shape } of view.tensors.values()) {
        if (shape.length < 2 || name === 'model.embed_tokens.weight') continue;
        importance.set(
          name,
          Float32Array.from({ length: shape[1]! }, () => chance() ** 4),
        );
      }
    }
    const stored = await tensorsOf(float);
    const { tensorInfos } = await gguf(float, { allowLocalFile: true });
    const padded = Object.fromEntries(
      [...importance].flatMap(([name, values]) => {
        const info = tensorInfos.find((tensor) => tensor.name === ggufName(name, llama));
        return info
          ? [[info.name, Array.from({ length: Number(info.shape[0]) }, (_, i) => values[i] ?? 0)]]
          : [];
      }),
    );
    await writeFile(join(folder, 'importance.json'), JSON.stringify(padded));
    for (const [type, id] of Object.entries(FILE_TYPES) as [keyof typeof FILE_TYPES, number][]) {
      const [ours, theirs] = [join(folder, 'ours.gguf'), join(folder, 'theirs.gguf')];
      await writeGguf(view, ours, { type, importance, overwrite: true });
      const given = by === 'importance' ? [join(folder, 'importance.json')] : [];
      execFileSync('python3', [SCRIPT, librariesOfLlamaCpp(), float, theirs, String(id), ...given]);
      const [actual, expected] = [await tensorsOf(ours), await tensorsOf(theirs)];
      expect(actual.size).toBe(stored.size);
      const types = (tensors: typeof actual) =>
        Object.fromEntries([...tensors].map(([name, tensor]) => [name, tensor.type]).toSorted());
      expect(types(actual), type).toEqual(types(expected));
      const different = [...actual].filter(([name, { bytes }]) => !bytes.equals(expected.get(name)!.bytes));
      expect(
        different.map(([name]) => name),
        type,
      ).toEqual([]);
    }
    expect(await readdir(folder)).toContain('ours.gguf');
  });
});
