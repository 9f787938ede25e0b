import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { readmeCode } from '@grasp/testing';
import { expect, it } from 'vitest';
import { exportModel } from '../examples/export.js';
import { madeUpModel, masks, prunedBy } from '../test/made-up-model.js';

it('the README shows the example that runs here', () => {
  const example = readFileSync(new URL('../examples/export.ts', import.meta.url), 'utf8');
  expect(readmeCode(new URL('../README.md', import.meta.url))).toContain(example);
});

it('the example writes for transformers and for llama.cpp', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grasp-export-'));
  const view = prunedBy(madeUpModel({ model_type: 'llama' }), masks['about half']!);
  await writeCheckpoint(view, join(folder, 'model'));
  await exportModel(join(folder, 'model'), folder);
  expect(await readdir(folder)).toEqual(expect.arrayContaining(['model.gguf', 'transformers']));
  expect(await readdir(join(folder, 'transformers'))).toContain('modeling_pruned_llama.py');
  await rm(folder, { recursive: true });
});
