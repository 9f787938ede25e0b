import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { hasShared, sharedPath, tinyLlama } from '@grasp/testing';
import { describe, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';

describe.skipIf(!hasShared)('grasp inspect', () => {
  it('tells what a model is made of', async () => {
    const { code, out } = await grasp('inspect', sharedPath('reference', 'tiny-llama-gqa'));
    expect(code).toBe(0);
    expect(out).toContain('llama: 3 layers of hidden size 48, heads of 8, 2 to a KV group');
    expect(out).toContain('336 FFN channels, 9 KV groups; a group costs 16.0 channels');
  });

  it('gives machines one JSON document', async () => {
    const { out } = await grasp('inspect', '--json', sharedPath('reference', 'tiny-llama-mha'));
    expect(JSON.parse(out)).toMatchObject({
      config: { architecture: { modelType: 'llama' }, tiedHead: true },
      parameters: { total: 58656, prunable: 4 * (3 * 32 * 88 + 4 * 4 * 8 * 32) },
      units: { ffn: 352, kv: 16 },
    });
  });
});

it('tells the types and the bytes of a GGUF file beside what its tensors are read as', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-inspect-'));
  try {
    const tokenizer = {
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] },
    };
    const text = new TextEncoder().encode(JSON.stringify(tokenizer));
    const model = { ...tinyLlama(), files: [{ name: 'tokenizer.json', read: async () => text }] };
    const [whole, quantised] = [join(folder, 'model'), join(folder, 'q4.gguf')];
    await writeCheckpoint(model, whole);
    expect(await grasp('export', whole, '--gguf', 'q4_0', '--out', quantised)).toMatchObject({ code: 0 });
    const { out } = await grasp('inspect', quantised);
    expect(out).toMatch(/^tensors {5}\d+ of F32, /m);
    expect(out).toMatch(/^stored as {3}Q4_0, Q8_0, F32, [\d.]+ KiB$/m);
    const { tensors, stored } = JSON.parse((await grasp('inspect', quantised, '--json')).out);
    expect(stored.bytes).toBeLessThan(0.5 * tensors.bytes);
    expect((await grasp('inspect', whole)).out).not.toContain('stored as');
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('grasp', () => {
  it('explains a missing model', async () => {
    expect(await grasp('inspect', '/no/such/model')).toMatchObject({ code: 3, out: '' });
  });

  it('explains a wrong command line', async () => {
    const { code, err } = await grasp('inspect', '--jsn', 'x');
    expect(code).toBe(2);
    expect(err).toContain('--json');
  });

  it('lists exit codes with its help', async () => {
    const { code, out } = await grasp('--help');
    expect(code).toBe(0);
    expect(out).toContain('130');
  });
});
