import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasShared, sharedPath } from '@grasp/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFiniteWeights } from '../dtypes/check-numbers.js';
import { openCheckpoint } from '../open-checkpoint.js';
import type { SafetensorsDType } from '../safetensors/header.js';
import { openSafetensors } from '../safetensors/open.js';
import { writeSafetensors } from '../safetensors/write.js';

describe.skipIf(!hasShared)('a reference folder', () => {
  it('opens with its config, tensors and files', async () => {
    const checkpoint = await openCheckpoint(sharedPath('reference/tiny-llama-gqa'));
    expect(checkpoint.config.hidden_size).toBe(48);
    expect(checkpoint.tensors.get('model.layers.0.self_attn.k_proj.weight')?.shape).toEqual([24, 48]);
    const { data } = await checkpoint.read('model.norm.weight');
    expect(data).toHaveLength(48);
    expect(checkpoint.files.map((file) => file.name)).toEqual(['generation_config.json']);
    await checkpoint.close();
  });

  it('reads tensors that are not weights through openSafetensors', async () => {
    const file = await openSafetensors(sharedPath('reference/tiny-llama-gqa/io.safetensors'));
    const tokens = await file.read('tokens');
    expect(tokens.dtype).toBe('I32');
    expect(tokens.shape).toEqual([24, 2, 32]);
    expect(tokens.data.every((id) => id >= 0 && id < 256)).toBe(true);
    await file.close();
  });
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-folder-'));
  await put('config.json', {});
});
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, content: unknown): Promise<void> {
  await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
}

async function shard(
  file: string,
  names: readonly string[],
  values = [1, 2],
  dtype: SafetensorsDType = 'F32',
) {
  const data = dtype === 'F32' ? Float32Array.from(values) : BigInt64Array.from(values.map(BigInt));
  const entries = names.map((name) => ({ name, dtype, shape: [values.length], read: () => data }));
  await writeSafetensors(join(folder, file), entries);
}

const index = (weight_map: Record<string, unknown>) => put('model.safetensors.index.json', { weight_map });

describe('a folder', () => {
  it('gathers the tensors of all shards, those the index forgot included', async () => {
    await shard('one.safetensors', ['a', 'forgotten']);
    await shard('two.safetensors', ['b'], [3]);
    await index({ a: 'one.safetensors', b: 'two.safetensors' });
    const checkpoint = await openCheckpoint(folder);
    expect([...checkpoint.tensors.keys()]).toEqual(['a', 'forgotten', 'b']);
    expect((await checkpoint.read('b')).data).toEqual(Float32Array.of(3));
    await expect(checkpoint.read('c')).rejects.toMatchObject({ code: 'GRASP_CHECKPOINT_NO_TENSOR' });
    await checkpoint.close();
  });

  it('takes along tokenizer and licence, not code or other weights', async () => {
    await shard('model.safetensors', ['a']);
    for (const name of ['tokenizer.json', 'LICENSE', 'modeling_llama.py', 'pytorch_model.bin', '.secret']) {
      await put(name, 'x');
    }
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.files.map(({ name }) => name)).toEqual(['LICENSE', 'tokenizer.json']);
    expect(await checkpoint.files[0]!.read()).toEqual(new TextEncoder().encode('x'));
    await checkpoint.close();
  });

  it('names the shard that is missing', async () => {
    await index({ a: 'one.safetensors' });
    await expect(openCheckpoint(folder)).rejects.toMatchObject({
      code: 'GRASP_CHECKPOINT_MISSING',
      path: join(folder, 'one.safetensors'),
    });
  });

  it.each([
    '../one.safetensors',
    '/etc/one.safetensors',
    'a/b.safetensors',
    '..\\one.safetensors',
    'passwd',
    '.safetensors',
    'a\0.safetensors',
    5,
    null,
  ])('refuses an index that points to %j', async (target) => {
    await shard('one.safetensors', ['a']);
    await index({ a: target });
    await expect(openCheckpoint(folder)).rejects.toThrow('not a .safetensors file in the same folder');
  });

  it('refuses an index and shards that disagree', async () => {
    await shard('one.safetensors', ['a']);
    await shard('two.safetensors', ['a']);
    await index({ a: 'one.safetensors', b: 'one.safetensors' });
    await expect(openCheckpoint(folder)).rejects.toThrow('tensor b is in none of its shards');
    await index({ a: 'one.safetensors', b: 'two.safetensors' });
    await expect(openCheckpoint(folder)).rejects.toThrow('tensor a is also in');
    await index({});
    await expect(openCheckpoint(folder)).rejects.toThrow('weight_map is empty');
  });

  it('refuses weights that are not floating point, by name', async () => {
    await shard('model.safetensors', ['ids'], [1], 'I64');
    await expect(openCheckpoint(folder)).rejects.toThrow(
      'dtype I64 of tensor ids is not supported; supported: F32, F16, BF16',
    );
  });

  it('says what is missing', async () => {
    await expect(openCheckpoint(folder)).rejects.toThrow('neither model.safetensors nor');
    await put('pytorch_model.bin', 'x');
    await expect(openCheckpoint(folder)).rejects.toThrow('PyTorch pickles are not read');
    await rm(join(folder, 'config.json'));
    await expect(openCheckpoint(folder)).rejects.toThrow('config.json: there is no such file');
    await expect(openCheckpoint(join(folder, 'nowhere'))).rejects.toThrow('no such file or folder');
    await expect(openCheckpoint(join(folder, 'pytorch_model.bin'))).rejects.toThrow('this kind of file');
  });

  it('refuses a folder where a file should be', async () => {
    await mkdir(join(folder, 'model.safetensors'));
    await expect(openCheckpoint(folder)).rejects.toThrow('not a regular file');
  });

  it('refuses NaN and infinite weights when asked', async () => {
    await shard('model.safetensors', ['fine'], [1, 2]);
    await shard('bad.safetensors', ['broken'], [1, Number.NaN, Infinity]);
    await rm(join(folder, 'model.safetensors'));
    await shard('good.safetensors', ['fine']);
    await index({ fine: 'good.safetensors', broken: 'bad.safetensors' });
    const checkpoint = withFiniteWeights(await openCheckpoint(folder));
    expect((await checkpoint.read('fine')).data).toHaveLength(2);
    await expect(checkpoint.read('broken')).rejects.toMatchObject({
      code: 'GRASP_CHECKPOINT_NON_FINITE',
      tensor: 'broken',
      index: 1,
    });
    await checkpoint.close();
  });
});
