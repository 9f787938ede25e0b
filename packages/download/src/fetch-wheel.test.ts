import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeIndex, wheelOf } from '../test/fake-index.js';
import { zip } from '../test/zip.js';
import { readFromWheel } from './extract-wheel.js';
import { fetchWheel } from './fetch-wheel.js';
import { checkSpace } from './space.js';

const problem = (name: string) => expect.objectContaining({ code: 'GRASP_DOWNLOAD', problem: name });
const content = zip({ 'a/data.bin': randomBytes(1000), 'a/__init__.py': 'code' });
const wheel = wheelOf('a', '1.0', content);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-wheel-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe('fetchWheel', () => {
  it('keeps a wheel out of the cache of pip if asked to', async () => {
    await using index = await fakeIndex({ 'a==1.0': content });
    vi.stubEnv('PATH', index.path);
    expect(content.equals(await readFile(await fetchWheel(wheel, folder)))).toBe(true);
    await rm(folder, { recursive: true });
    await fetchWheel(wheel, folder, { pipCache: false });
    const [first, second] = await index.downloads();
    expect(first).not.toContain('--no-cache-dir');
    expect(second).toContain('--no-cache-dir');
  });

  it('stops a wheel that grows beyond its length', async () => {
    const endless = 'for i in $(seq 100); do cat "$wheel" >> "$dest/a.whl"; sleep 0.05; done';
    await using index = await fakeIndex({ 'a==1.0': content }, endless);
    vi.stubEnv('PATH', index.path);
    await expect(fetchWheel(wheel, folder)).rejects.toMatchObject({
      problem: 'hash-mismatch',
      reason: expect.stringContaining(`more than ${content.length} bytes`),
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('readFromWheel', () => {
  it('reads one file, and refuses one that is missing or has another length', async () => {
    await using index = await fakeIndex({ 'a==1.0': content });
    vi.stubEnv('PATH', index.path);
    const path = await fetchWheel(wheel, folder);
    const read = async (name: string, bytes: number) => {
      let found = 0;
      await readFromWheel(path, name, bytes, async (chunk) => {
        found += chunk.length;
      });
      return found;
    };
    expect(await read('a/data.bin', 1000)).toBe(1000);
    await expect(read('a/data.bin', 999)).rejects.toEqual(problem('bad-wheel'));
    await expect(read('a/other.bin', 1000)).rejects.toEqual(problem('bad-wheel'));
  });
});

describe('checkSpace', () => {
  it('refuses what the disk has no room for, before anything is written', async () => {
    await checkSpace(folder, 1, 'A small file');
    await expect(checkSpace(folder, 1e15, 'A large file')).rejects.toMatchObject({
      problem: 'disk-full',
      reason: expect.stringContaining('A large file needs 1,000,000,000 MB'),
    });
  });
});
