import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama, tinyText } from '@grasp/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grasp } from '../../../test/grasp.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-eval-'));
  await writeCheckpoint(tinyLlama(), join(folder, 'model'));
  await writeFile(join(folder, 'text.txt'), tinyText);
});
afterAll(() => rm(folder, { recursive: true }));

describe('grasp eval ppl', () => {
  const run = (...flags: string[]) =>
    grasp('eval', 'ppl', join(folder, 'model'), join(folder, 'text.txt'), '--backend', 'wasm', ...flags);

  it('prints the perplexity of each text', async () => {
    const { code, out } = await run('--window', '64', '--windows', '3', '--quiet');
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d{4} {2}text\.txt \(3 windows of 64 tokens\)$/);
  });

  it('keeps windows within what the model reads', async () => {
    const { out } = await run('--json');
    expect(JSON.parse(out).data[0]).toMatchObject({ window: 256 });
  });

  it('refuses a window of nothing', async () => {
    expect((await run('--window', '0')).code).toBe(2);
  });
});
