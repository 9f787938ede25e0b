import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { modelCache } from './cache.js';
import { findModel, MODELS } from './catalogue/catalogue.js';
import { localModel, modelNamed } from './local-model.js';

let cache: string;
beforeEach(async () => {
  vi.stubEnv('GRASP_OFFLINE', '1');
  cache = await mkdtemp(join(tmpdir(), 'grasp-models-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

describe('the catalogue', () => {
  it.each(MODELS.map((model) => [model.name, model] as const))('describes %s completely', (name, model) => {
    expect(name).toMatch(/^[a-z0-9.-]+$/);
    expect(basename(model.file)).toBe(model.file);
    expect(model.licence.url).toMatch(/^https:/);
    expect(model.parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(model.bytes);
    const hashes = [model.sha256, ...model.parts.map(({ wheel }) => wheel.sha256)];
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(new Set(model.parts.map(({ path }) => path)).size).toBe(model.parts.length);
  });

  it('has names and files once', () => {
    expect(new Set(MODELS.map(({ name }) => name)).size).toBe(MODELS.length);
    expect(new Set(MODELS.map(({ file }) => file)).size).toBe(MODELS.length);
  });
});

describe('localModel', () => {
  it('takes a path that exists, whatever it is called', async () => {
    expect(await localModel(cache)).toBe(cache);
    const before = process.cwd();
    process.chdir(cache);
    try {
      await writeFile('gemma-3-270m', '');
      expect(await localModel('gemma-3-270m')).toBe('gemma-3-270m');
    } finally {
      process.chdir(before);
    }
  });

  it('asks for a model by its name, in upper or lower case', async () => {
    await expect(localModel('Gemma-3-270M', { cache })).rejects.toMatchObject({ problem: 'unavailable' });
    expect(findModel('SmolLM2-135M-Instruct')).toBe(modelNamed('smollm2-135m-instruct'));
  });

  it('lists the names for a name that it does not know, and leaves paths to those who open them', async () => {
    for (const { name } of MODELS) await expect(localModel('gema-3-270m')).rejects.toThrow(name);
    for (const path of ['no/where', 'missing.gguf', '']) expect(await localModel(path)).toBe(path);
  });
});

describe('modelCache', () => {
  it('is below XDG_CACHE_HOME, or ~/.cache', () => {
    expect(modelCache({ XDG_CACHE_HOME: '/cache' })).toBe(join('/cache', 'grasp', 'models'));
    expect(modelCache({})).toMatch(/\.cache.grasp.models$/);
  });
});
