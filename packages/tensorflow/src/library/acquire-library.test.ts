import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { zip } from '../../../download/test/zip.js';
import { buildOf, fakePip, goodWheel } from '../../test/fake-wheel.js';
import { acquireLibrary, fetchLibrary } from './acquire-library.js';
import type { Progress } from './progress.js';

const build = buildOf(goodWheel);
let cache: string;
let folder: string;

beforeEach(async () => {
  cache = await mkdtemp(path.join(os.tmpdir(), 'grasp-cache-'));
  folder = path.join(cache, 'libtensorflow', '2.21.0-cpu-linux-x64');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

async function usePip(wheel: Buffer, script?: string) {
  const pip = await fakePip(wheel, script);
  vi.stubEnv('PATH', pip.path);
  return pip;
}

const problem = (name: string) => expect.objectContaining({ code: 'GRASP_TF_SETUP', problem: name });

describe('fetchLibrary', () => {
  it('downloads once, extracts the two libraries and leaves nothing else', async () => {
    const pip = await usePip(goodWheel);
    const progress: Progress[] = [];
    const location = await fetchLibrary(build, folder, { onProgress: (step) => progress.push(step) });
    expect(await readFile(location.framework, 'utf8')).toBe('the framework');
    expect(await readFile(location.cc, 'utf8')).toBe('the rest');
    expect(await readdir(folder)).toHaveLength(2);
    expect(await readdir(path.dirname(folder))).toEqual([path.basename(folder)]);
    expect(new Set(progress.map(({ stage }) => stage))).toEqual(new Set(['download', 'verify', 'extract']));
    expect(progress.at(-1)).toEqual({ stage: 'extract', done: 21, total: 21 });

    await fetchLibrary(build, folder);
    const downloads = await pip.downloads();
    expect(downloads).toHaveLength(1);
    expect(downloads[0]).toContain('--platform manylinux_2_27_x86_64');
    expect(downloads[0]).toContain('tensorflow-cpu==2.21.0');
    expect(downloads[0]).not.toContain('://');
  });

  it('reports a download as the file grows', async () => {
    await usePip(
      goodWheel,
      'mkdir "$TMPDIR/pip-unpack"; head -c 100 "$wheel" > "$TMPDIR/pip-unpack/a.whl"; sleep 0.7; cp "$wheel" "$dest/"',
    );
    const seen: number[] = [];
    await fetchLibrary(build, folder, {
      onProgress: ({ stage, done }) => {
        if (stage === 'download') seen.push(done);
      },
    });
    expect(seen).toContain(100);
  });

  it('discards a wheel with another hash', async () => {
    await usePip(zip({ 'tensorflow/libtensorflow_cc.so.2': 'evil' }));
    await expect(fetchLibrary(build, folder)).rejects.toEqual(problem('hash-mismatch'));
    expect(existsSync(folder)).toBe(false);
    expect(await readdir(`${folder}.download`)).toEqual([]);
  });

  it('refuses a wheel without the libraries', async () => {
    const wheel = zip({ 'tensorflow/libtensorflow_cc.so.2': 'alone' });
    await usePip(wheel);
    await expect(fetchLibrary(buildOf(wheel), folder)).rejects.toEqual(problem('bad-wheel'));
    expect(existsSync(folder)).toBe(false);
  });

  it('takes up where an extraction was killed, without downloading again', async () => {
    const pip = await usePip(goodWheel);
    const downloads = `${folder}.download`;
    const partial = `${folder}.partial-4711`;
    await mkdir(downloads, { recursive: true });
    await mkdir(partial);
    await writeFile(path.join(downloads, `${build.sha256}.whl`), goodWheel);
    await writeFile(path.join(partial, build.files.framework), 'the fra');
    await fetchLibrary(build, folder);
    expect(await pip.downloads()).toEqual([]);
    expect(await readdir(path.dirname(folder))).toEqual([path.basename(folder)]);
  });

  it('downloads again where a kept wheel is damaged', async () => {
    const pip = await usePip(goodWheel);
    const downloads = `${folder}.download`;
    await mkdir(downloads, { recursive: true });
    await writeFile(path.join(downloads, `${build.sha256}.whl`), goodWheel.subarray(0, 50));
    await fetchLibrary(build, folder);
    expect(await pip.downloads()).toHaveLength(1);
  });

  it('works once when two ask at the same time', async () => {
    const pip = await usePip(goodWheel, 'sleep 0.3; cp "$wheel" "$dest/"');
    const both = await Promise.all([fetchLibrary(build, folder), fetchLibrary(build, folder)]);
    expect(both[0]).toEqual(both[1]);
    expect(await pip.downloads()).toHaveLength(1);
  });

  it('takes over the lock of a process that died', async () => {
    await usePip(goodWheel);
    await mkdir(path.dirname(folder), { recursive: true });
    await writeFile(`${folder}.lock`, '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${folder}.lock`, longAgo, longAgo);
    await fetchLibrary(build, folder);
    expect(existsSync(folder)).toBe(true);
  });

  it('says what pip said, without passwords', async () => {
    await usePip(goodWheel, 'echo "ERROR: 403 at https://me:secret@mirror.example/simple" >&2; exit 1');
    const failure = fetchLibrary(build, folder);
    await expect(failure).rejects.toEqual(problem('pip'));
    await expect(failure).rejects.toThrow('//***@mirror.example');
    await expect(failure).rejects.not.toThrow('secret');
  });

  it('explains a full disk, whoever meets it', async () => {
    await usePip(goodWheel, 'echo "ERROR: [Errno 28] No space left on device" >&2; exit 1');
    await expect(fetchLibrary(build, folder)).rejects.toEqual(problem('disk-full'));
    const huge = { ...build, libraryBytes: 2 ** 60 };
    await expect(fetchLibrary(huge, folder)).rejects.toEqual(problem('disk-full'));
  });

  it('explains a missing Python and a missing pip', async () => {
    vi.stubEnv('PATH', cache);
    await expect(fetchLibrary(build, folder)).rejects.toEqual(problem('no-python'));
    const pip = await fakePip(goodWheel);
    const python = path.join(pip.path.split(':')[0]!, 'python3');
    await writeFile(python, '#!/bin/bash\necho "No module named pip" >&2; exit 1\n');
    vi.stubEnv('PATH', `${path.dirname(python)}:/bin`);
    const failure = fetchLibrary(build, folder);
    await expect(failure).rejects.toEqual(problem('no-pip'));
    await expect(failure).rejects.toThrow('No module named pip');
  });

  it('leaves the network alone when told to', async () => {
    const pip = await usePip(goodWheel);
    await expect(fetchLibrary(build, folder, { offline: true })).rejects.toEqual(problem('offline'));
    expect(await pip.downloads()).toEqual([]);
  });

  it('stops when aborted', async () => {
    await usePip(goodWheel, 'exec sleep 20');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    await expect(fetchLibrary(build, folder, { signal: controller.signal })).rejects.toThrow(/abort/);
    expect(existsSync(`${folder}.lock`)).toBe(false);
  });
});

describe('acquireLibrary', () => {
  it('takes a folder by option or environment, and says what is missing in it', async () => {
    for (const file of Object.values(build.files)) await writeFile(path.join(cache, file), '');
    expect((await acquireLibrary({ library: cache })).folder).toBe(cache);
    vi.stubEnv('GRASP_TENSORFLOW_LIBRARY', cache);
    expect((await acquireLibrary()).folder).toBe(cache);
    await rm(path.join(cache, build.files.cc));
    await expect(acquireLibrary()).rejects.toEqual(problem('no-library'));
  });
});
