import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { openEngine } from '@grasp/prune';
import { tinyLlama } from '@grasp/testing';
import { expect, it } from 'vitest';
import { agreementOf } from './agree.js';

const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
const tokenizer = {
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  model: { type: 'BPE', vocab: Object.fromEntries(letters.map((letter, id) => [letter, id])), merges: [] },
};

it('a folder has the greedy tokens of llama.cpp, and a perplexity of our own without a Python', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-agree-'));
  try {
    const files = [
      { name: 'tokenizer.json', read: async () => new TextEncoder().encode(JSON.stringify(tokenizer)) },
    ];
    await writeCheckpoint({ ...tinyLlama(), files }, join(folder, 'model'));
    const engine = await openEngine({ threads: 1 });
    const options = { windows: 1, prompts: ['abc', 'hello'], tokens: 8, threads: 1 };
    const { tokens, perplexity } = await agreementOf(join(folder, 'model'), engine, options);
    expect(perplexity).toBeUndefined();
    expect(tokens).toHaveLength(2);
    // Weights in f16: a difference can only be between two tokens that are as good as equal.
    for (const { equal, tokens: asked, gap = 0 } of tokens) {
      expect(equal === asked || gap < 1e-3).toBe(true);
      expect(asked).toBeGreaterThan(0);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
