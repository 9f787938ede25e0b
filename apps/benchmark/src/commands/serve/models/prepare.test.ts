import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '@grasp/checkpoint';
import { tinyLlama } from '@grasp/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveModels } from '../serve-models.js';
import { givenModels } from './prepare.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-given-'));
  for (const name of ['a/model', 'b/model', 'pruned']) await writeCheckpoint(tinyLlama(), join(folder, name));
});
afterAll(() => rm(folder, { recursive: true }));

it('names each model once', async () => {
  const [a, b, pruned] = ['a/model', 'b/model', 'pruned'].map((name) => join(folder, name)) as [
    ...[string, string, string],
  ];
  const namesOf = async (...paths: string[]) => (await givenModels(paths)).map(({ name }) => name);
  expect(await namesOf(a, pruned)).toEqual(['model', 'pruned']);
  expect(await namesOf(a, b)).toEqual([a, b]);
  expect(await namesOf(a, pruned, a, a)).toEqual(['model', 'pruned', 'model (2)', 'model (3)']);
});

it('refuses a type of GGUF files for vLLM alone', async () => {
  const load = { prompt: 8, tokens: 8, concurrency: [1], requests: 1, threads: 1, rounds: 1 };
  const rest = { dtype: 'auto', compile: false, scratch: folder, signal: AbortSignal.abort() } as const;
  await expect(serveModels([], { ...load, ...rest, runtime: ['vllm'], gguf: 'q8_0' })).rejects.toThrow(
    '--gguf: only llama.cpp reads such files',
  );
});
