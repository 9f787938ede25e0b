import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODELS } from '@grasp/models';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgram } from '../../program.js';

let cache: string;
let printed: string[];
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'grasp-names-'));
  printed = [];
  vi.stubEnv('XDG_CACHE_HOME', cache);
  vi.stubEnv('GRASP_OFFLINE', '1');
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

const run = (...argv: string[]) =>
  createProgram(argv).then((program) => program.parseAsync(argv, { from: 'user' }));

/** A file of the length of a model, without its content. */
async function hollow({ file, bytes }: (typeof MODELS)[number]): Promise<void> {
  const folder = join(cache, 'grasp', 'models');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), '');
  await truncate(join(folder, file), bytes);
}

it('lists models with size, licence and source, and which are here', async () => {
  await hollow(MODELS[0]!);
  await run('models');
  for (const { name, licence, hub } of MODELS) {
    for (const text of [name, licence.name, hub.id]) expect(printed[0]).toContain(text);
  }
  await run('models', '--json');
  const listed = JSON.parse(printed[1]!) as { readonly here: boolean }[];
  expect(listed.map(({ here }) => here)).toEqual(MODELS.map((_, i) => i === 0));
});

it('verifies the file that is here, and does not take one with another content', async () => {
  await hollow(MODELS[0]!);
  await expect(run('models', MODELS[0]!.name)).rejects.toMatchObject({ problem: 'unavailable' });
  expect(printed).toEqual([]);
  expect(existsSync(join(cache, 'grasp', 'models', MODELS[0]!.file))).toBe(true);
});

it('lists the names for one that it does not know', async () => {
  await expect(run('models', 'gema-3-270m')).rejects.toThrow('gemma-3-270m');
});

it.each([
  ['profile', 'gema', '--out', 'out.json'],
  ['serve', 'gema', 'gema'],
  ['speed', 'gema'],
  ['read', 'gema'],
  ['reproduce', '--model', 'gema', '--out', 'out'],
  ['against', '--official', 'clone', '--model', 'gema', '--out', 'out'],
])('grasp-bench %s takes a model by name', async (...argv) => {
  const clone = join(cache, 'clone'); // looked at before the model
  await mkdir(clone);
  for (const name of ['train.py', 'eval_pruned_ppl.py', 'requirements.txt'])
    await writeFile(join(clone, name), '');
  const words = argv.map((word) => (['clone', 'out'].includes(word) ? join(cache, word) : word));
  await expect(run(...words)).rejects.toMatchObject({ code: 'GRASP_MODEL', problem: 'unknown-name' });
});
