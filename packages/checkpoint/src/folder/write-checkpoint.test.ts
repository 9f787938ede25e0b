import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint, TensorData } from '../checkpoint.js';
import { openCheckpoint } from '../open-checkpoint.js';
import { writeCheckpoint } from './write-checkpoint.js';

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-write-'));
  out = join(folder, 'out');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A checkpoint in memory. */
function checkpointOf(tensors: Record<string, TensorData>, config: Record<string, unknown> = {}): Checkpoint {
  return {
    source: 'memory',
    config,
    tensors: new Map(
      Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { name, dtype, shape }]),
    ),
    files: [{ name: 'tokenizer.json', read: async () => new TextEncoder().encode('{}') }],
    read: async (name) => tensors[name]!,
    close: async () => {},
  };
}

const f32 = (shape: number[], ...values: number[]): TensorData => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(values),
});
const small = checkpointOf(
  { a: f32([2, 2], 1, 2, 3, 4), b: f32([2, 1], 0.5, -0.25), c: f32([1], 7) },
  { model_type: 'llama' },
);

describe('writeCheckpoint', () => {
  it('writes config.json as it was, except for what changed', async () => {
    const text =
      '{\n  "rope_theta": 10000.0,\n  "rms_norm_eps": 1e-05,\n  "odd": NaN,\n  "torch_dtype": "float32"\n}\n';
    await writeCheckpoint(small, join(folder, 'first'));
    await writeFile(join(folder, 'first', 'config.json'), text);
    const checkpoint = await openCheckpoint(join(folder, 'first'));
    await writeCheckpoint(checkpoint, out);
    await checkpoint.close();
    expect(await readFile(join(out, 'config.json'), 'utf8')).toBe(text);
  });

  it('writes a folder that reads back as the same checkpoint', async () => {
    const seen: string[] = [];
    await writeCheckpoint(small, out, {
      onTensor: ({ stage, name, done }) => seen.push(`${stage} ${name} ${done}`),
    });
    expect((await readdir(out)).sort()).toEqual([
      'config.json',
      'grasp-output.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    const back = await openCheckpoint(out);
    expect(back.config).toEqual({ model_type: 'llama', torch_dtype: 'float32' });
    for (const name of small.tensors.keys()) expect(await back.read(name)).toEqual(await small.read(name));
    await back.close();
    expect(seen).toEqual(['write a 1', 'write b 2', 'write c 3', 'verify a 1', 'verify b 2', 'verify c 3']);
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('splits into shards with an index', async () => {
    await writeCheckpoint(small, out, { shardBytes: 16 });
    const index = JSON.parse(await readFile(join(out, 'model.safetensors.index.json'), 'utf8'));
    expect(index).toEqual({
      metadata: { total_size: 28 },
      weight_map: {
        a: 'model-00001-of-00002.safetensors',
        b: 'model-00002-of-00002.safetensors',
        c: 'model-00002-of-00002.safetensors',
      },
    });
    const back = await openCheckpoint(out);
    expect([...back.tensors.keys()]).toEqual(['a', 'b', 'c']);
    expect(await back.read('b')).toEqual(await small.read('b'));
    await back.close();
  });

  it('narrows to bfloat16, and says so in the config', async () => {
    await writeCheckpoint(small, out, { dtype: 'BF16' });
    const back = await openCheckpoint(out);
    expect(back.config.torch_dtype).toBe('bfloat16');
    expect(await back.read('c')).toEqual({ dtype: 'BF16', shape: [1], data: Uint16Array.of(0x40e0) });
    await back.close();
  });

  it('refuses a number that the dtype cannot hold, and leaves nothing', async () => {
    const large = checkpointOf({ w: f32([2], 1, 1e5) });
    await expect(writeCheckpoint(large, out, { dtype: 'F16' })).rejects.toMatchObject({
      code: 'GRASP_CHECKPOINT_OVERFLOW',
      tensor: 'w',
      index: 1,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves nothing when a read fails', async () => {
    const broken = { ...small, read: () => Promise.reject(new Error('gone')) };
    await expect(writeCheckpoint(broken, out)).rejects.toThrow(/gone/);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['a byte of a tensor changed', (bytes: Buffer) => bytes.fill(0xff, bytes.length - 1)],
    ['the file was cut', (bytes: Buffer) => bytes.subarray(0, -4)],
  ])('finds on reading back that %s, and leaves nothing', async (_, damage) => {
    let damaged = false;
    const onTensor = ({ stage }: { stage: string }) => {
      if (stage === 'write' || damaged) return;
      damaged = true; // once the first tensor has been read back
      const file = join(`${out}.partial`, 'model.safetensors');
      writeFileSync(file, damage(readFileSync(file)));
      expect(readdirSync(folder).sort()).toEqual(['out.lock', 'out.partial']);
    };
    await expect(writeCheckpoint(small, out, { onTensor })).rejects.toMatchObject({
      code: expect.stringMatching(/^GRASP_(FILE_WRITE|CHECKPOINT_READ)$/),
    });
    expect(damaged).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it('replaces an earlier output when asked, and nothing else', async () => {
    await writeCheckpoint(small, out);
    await expect(writeCheckpoint(small, out)).rejects.toMatchObject({ reason: 'overwrite' });
    await writeCheckpoint(checkpointOf({ x: f32([1], 1) }), out, { overwrite: true });
    const back = await openCheckpoint(out);
    expect([...back.tensors.keys()]).toEqual(['x']);
    await back.close();

    const mine = join(folder, 'mine');
    await mkdir(mine);
    await writeFile(join(mine, 'thesis.txt'), 'years of work');
    await expect(writeCheckpoint(small, mine, { overwrite: true })).rejects.toMatchObject({
      reason: 'exists',
    });
    expect(await readdir(mine)).toEqual(['thesis.txt']);
    expect((await readdir(folder)).sort()).toEqual(['mine', 'out']);
  });

  it('refuses extra files that would leave the folder or pass for weights', async () => {
    for (const name of ['../evil', 'a/b', 'config.json', 'model.safetensors', '..', '']) {
      const extraFiles = [{ name, read: async () => new Uint8Array(0) }];
      await expect(writeCheckpoint(small, out, { extraFiles })).rejects.toMatchObject({ reason: 'input' });
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('says when it may not write there', async () => {
    // Not even root makes files in /sys.
    await expect(writeCheckpoint(small, '/sys/grasp-out')).rejects.toMatchObject({ reason: 'permission' });
  });
});
