import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { readmeCode, tinyLlama, tinyText } from '@grasp/testing';
import { expect, it, vi } from 'vitest';
import { pruneFolder } from '../examples/prune-a-folder.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/prune-a-folder.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
});

it('the example writes a pruned model', async () => {
  const log = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const folder = await mkdtemp(join(tmpdir(), 'grasp-readme-'));
  try {
    await writeCheckpoint(tinyLlama(), join(folder, 'model'));
    await writeFile(join(folder, 'text.txt'), tinyText);
    await pruneFolder(join(folder, 'model'), join(folder, 'text.txt'), join(folder, 'out'));
    expect(await readdir(join(folder, 'out'))).toContain('grasp.json');
    expect(log).toHaveBeenCalled();
  } finally {
    await rm(folder, { recursive: true });
    log.mockRestore();
  }
});
