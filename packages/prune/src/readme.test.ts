import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textRows, tokenBlocks } from '@grasp/calib-data';
import { writeCheckpoint } from '@grasp/checkpoint';
import { readmeCode, tinyLlama, tinyText } from '@grasp/testing';
import { loadTokenizer } from '@grasp/tokenizer';
import { expect, it, vi } from 'vitest';
import { variance } from '../examples/own-method.js';
import { pruneFolder } from '../examples/prune-a-folder.js';
import { openEngine } from './engine/open-engine.js';
import { prune } from './run/prune.js';
import { parseSettings } from './settings/parse.js';

it.each(['prune-a-folder', 'own-method'])('the README shows the example %s that runs here', (name) => {
  const example = readFileSync(new URL(`../examples/${name}.ts`, import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
});

it('the example of a method prunes by it', async () => {
  const checkpoint = tinyLlama();
  const settings = parseSettings({ method: 'random', text: { length: 32 } });
  const tokenizer = await loadTokenizer(checkpoint);
  const gateBlocks = await tokenBlocks(textRows([tinyText]), tokenizer, { length: 32, count: 2 });
  const run = prune({
    checkpoint,
    engine: await openEngine({ backend: 'wasm' }),
    settings,
    gateBlocks,
    method: variance,
  });
  for (;;) {
    const { done, value } = await run.next();
    if (!done) continue;
    expect(value.chosenBy).toBe('variance of hidden inputs');
    break;
  }
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
