import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasShared, sharedPath } from '@grasp/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFiniteWeights } from '../dtypes/check-numbers.js';
import { openCheckpoint } from '../open-checkpoint.js';
import type { SafetensorsDType } from '../safetensors/header.js';
import { openSafetensors } from '../safetensors/open.js';
import { writeSafetensors } from '../safetensors/write.js';
import { writeCheckpoint } from './write-checkpoint.js';

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
    await index({ a: 'one.safetensors', b: 'two.safetensors' });
    await expect(openCheckpoint(folder)).rejects.toThrow('tensor a is also in');
    await index({});
    await expect(openCheckpoint(folder)).rejects.toThrow('weight_map is empty');
  });

  it('opens without tensors of other dtypes, and says why they cannot be read', async () => {
    await shard('one.safetensors', ['ids'], [1], 'I64');
    await shard('two.safetensors', ['a']);
    await index({ a: 'two.safetensors', ids: 'one.safetensors' });
    const checkpoint = await openCheckpoint(folder);
    expect([...checkpoint.tensors.keys()]).toEqual(['a']);
    const message = 'dtype I64 of tensor ids is not supported; supported: F32, F16, BF16';
    await expect(checkpoint.read('ids')).rejects.toThrow(message);
    await expect(writeCheckpoint(checkpoint, join(folder, 'copy'))).rejects.toThrow(message);
    await checkpoint.close();
  });

  it('opens without a shard or a tensor that its index names, and says so when they are read', async () => {
    await shard('one.safetensors', ['a']);
    await index({ a: 'one.safetensors', b: 'one.safetensors', c: 'two.safetensors' });
    const checkpoint = await openCheckpoint(folder);
    expect([...checkpoint.tensors.keys()]).toEqual(['a']);
    await expect(checkpoint.read('b')).rejects.toThrow('tensor b is in none of its shards');
    await expect(checkpoint.read('c')).rejects.toThrow('two.safetensors: there is no such file');
    await expect(writeCheckpoint(checkpoint, join(folder, 'copy'))).rejects.toThrow('none of its shards');
    await checkpoint.close();
  });

  it('names the quantisation rather than a dtype that it brings', async () => {
    await put('config.json', { quantization_config: { quant_method: 'fp8' } });
    const header = JSON.stringify({ a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } });
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(header.length));
    await writeFile(
      join(folder, 'model.safetensors'),
      Buffer.concat([prefix, Buffer.from(header), Buffer.alloc(1)]),
    );
    await expect(openCheckpoint(folder)).rejects.toThrow('quantization_config');
    await put('config.json', {});
    await expect(openCheckpoint(folder)).rejects.toThrow('F8_E4M3');
  });

  it.each(['LICENSE', 'chat_template.jinja', 'tokenizer.json', 'generation_config.json'])(
    'refuses a %s that is a link out of the folder',
    async (name) => {
      await shard('model.safetensors', ['a']);
      const secret = await mkdtemp(join(tmpdir(), 'grasp-secret-'));
      await writeFile(join(secret, 'key'), 'secret');
      await symlink(join(secret, 'key'), join(folder, name));
      await expect(openCheckpoint(folder)).rejects.toThrow('a symbolic link that leaves the model folder');
      await rm(join(folder, name));
      await put(name, 'x');
      const { files, close } = await openCheckpoint(folder);
      await rm(join(folder, name));
      await symlink(join(secret, 'key'), join(folder, name)); // after it was opened
      await expect(files[0]!.read()).rejects.toThrow('a symbolic link');
      await close();
      await rm(secret, { recursive: true });
    },
  );

  it('refuses a config.json that is a link out of the folder', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'grasp-secret-'));
    await writeFile(join(elsewhere, 'key.json'), '{"key":1}');
    await rm(join(folder, 'config.json'));
    await symlink(join(elsewhere, 'key.json'), join(folder, 'config.json'));
    await expect(openCheckpoint(folder)).rejects.toThrow('config.json, a symbolic link');
    await rm(elsewhere, { recursive: true });
  });

  it('reads a snapshot of the Hub cache, whose files are links into blobs', async () => {
    await shard('model.safetensors', ['a']);
    const snapshot = join(folder, 'snapshots', 'a'.repeat(40));
    await mkdir(snapshot, { recursive: true });
    await mkdir(join(folder, 'blobs'));
    await put('tokenizer.json', '{}');
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json']) {
      await rename(join(folder, name), join(folder, 'blobs', name));
      await symlink(join('..', '..', 'blobs', name), join(snapshot, name));
    }
    await put('LICENSE', 'inside the cache, but no blob');
    const checkpoint = await openCheckpoint(snapshot);
    expect(new TextDecoder().decode(await checkpoint.files[0]!.read())).toBe('{}');
    await checkpoint.close();
    await symlink(join('..', '..', 'LICENSE'), join(snapshot, 'LICENSE'));
    await expect(openCheckpoint(snapshot)).rejects.toThrow('a symbolic link');
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
