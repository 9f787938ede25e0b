import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asGguf } from './as-gguf.js';
import { serveOnce } from './serve-once.js';

/** Byte-level BPE of single letters: the tiny model's own tokenizer is of a kind that GGUF has no place for. */
const tokenizer = {
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(Array.from('abcdefghijklmnopqrstuvwxyz', (letter, id) => [letter, id])),
    merges: [],
  },
};
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-serve-'));
  const files = [
    { name: 'tokenizer.json', read: async () => new TextEncoder().encode(JSON.stringify(tokenizer)) },
  ];
  await writeCheckpoint({ ...tinyLlama(), files }, join(folder, 'model'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a model in llama.cpp', () => {
  it('is measured from its folder', async () => {
    const file = await asGguf(join(folder, 'model'), undefined, folder, 'half');
    expect(await asGguf(file, undefined, folder, 'other')).toBe(file);
    const single = await openCheckpoint(await asGguf(file, 'f32', folder, 'single'));
    expect(single.config.torch_dtype).toBe('float32');
    await single.close();

    const serving = await serveOnce(file, { prompt: 64, tokens: 8, threads: 1 });
    expect(serving.prefillTokensPerSecond).toBeGreaterThan(serving.decodeTokensPerSecond);
    expect(serving.residentBytes).toBeGreaterThan(0);
    // Two layers of two groups of 8, key and value, float16; the rest is bookkeeping.
    const exact = 2 * 2 * 2 * 8 * 2;
    expect(serving.kvCacheBytesPerToken).toBeGreaterThanOrEqual(exact);
    expect(serving.kvCacheBytesPerToken).toBeLessThan(exact + 64);
  });
});
