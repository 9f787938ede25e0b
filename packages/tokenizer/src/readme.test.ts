import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { readmeCode, tinyLlama } from '@grasp/testing';
import { expect, it } from 'vitest';
import { countTokens } from '../examples/count-tokens.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/count-tokens.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
});

it('the example counts tokens', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-example-'));
  try {
    await writeCheckpoint(tinyLlama(), join(folder, 'model'));
    // Its tokens are characters.
    expect(await countTokens(join(folder, 'model'), 'a bcd ef')).toEqual({
      tokens: 8,
      costliest: [
        { word: 'bcd', tokens: 3 },
        { word: 'ef', tokens: 2 },
        { word: 'a', tokens: 1 },
      ],
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
