import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama } from '@grasp/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withTransformersFolder } from './transformers-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-transformers-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('hands over an ordinary folder as it is', async () => {
  const path = join(folder, 'model');
  await writeCheckpoint(tinyLlama(), path);
  const checkpoint = await openCheckpoint(path);
  expect(await withTransformersFolder(path, checkpoint, async (...given) => given)).toEqual([path, false]);
  await checkpoint.close();
});

it('never lets Python files of a model run', async () => {
  const path = join(folder, 'model');
  await writeCheckpoint(tinyLlama(), path);
  await writeFile(join(path, 'evil.py'), 'raise SystemExit');
  const config = JSON.parse(await readFile(join(path, 'config.json'), 'utf8'));
  const widths = { intermediate_size: 48, num_attention_heads: 4, num_key_value_heads: 2 };
  const auto_map = { AutoModelForCausalLM: 'evil.Model' };
  const codeOf = async (content: object) => {
    await writeFile(join(path, 'config.json'), JSON.stringify({ ...config, ...content, auto_map }));
    const checkpoint = await openCheckpoint(path);
    const found = await withTransformersFolder(path, checkpoint, async (given, trustRemoteCode) => {
      const { auto_map: named } = JSON.parse(await readFile(join(given, 'config.json'), 'utf8'));
      const code = (await readdir(given)).filter((name) => name.endsWith('.py'));
      return { trustRemoteCode, named: named?.AutoModelForCausalLM, code };
    });
    await checkpoint.close();
    return found;
  };
  expect(await codeOf({})).toEqual({ trustRemoteCode: false, named: undefined, code: [] });
  const layer_shapes = [widths, { ...widths, intermediate_size: 0 }];
  expect(await codeOf({ layer_shapes })).toEqual({
    trustRemoteCode: true,
    named: 'modeling_pruned_llama.PrunedLlamaForCausalLM',
    code: ['modeling_pruned_llama.py'],
  });
});
