import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { claimOutputFolder, removeOutputFolder } from './folders/output-folder.js';

/** Calls that may still change the disk. When none are left, all fail, as in a process that was killed. */
const killed = vi.hoisted(() => ({ after: Number.POSITIVE_INFINITY }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const changing = ['open', 'rename', 'rm', 'mkdir', 'link', 'writeFile', 'cp'] as const;
  const wrapped = changing.map((name) => {
    const call = real[name] as (...args: unknown[]) => Promise<unknown>;
    return [
      name,
      async (...args: unknown[]) => {
        if (killed.after-- <= 0) throw new Error('killed');
        return call(...args);
      },
    ];
  });
  return { ...real, ...Object.fromEntries(wrapped) };
});

const { mkdir, readdir, readFile, writeFile } =
  await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grasp-killed-'));
  out = join(folder, 'out');
});
afterEach(() => {
  killed.after = Number.POSITIVE_INFINITY;
  rmSync(folder, { recursive: true, force: true });
});

async function writeOutput(files: Readonly<Record<string, string>>): Promise<void> {
  const output = await claimOutputFolder(out, { overwrite: true });
  try {
    await mkdir(join(output.work, 'inner'), { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeFile(join(output.work, name), content);
    await output.commit();
  } catch (error) {
    await output.discard().catch(() => {});
    throw error;
  }
}

const outputFiles = async () => {
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (path) => [path.slice(out.length + 1), await readFile(path, 'utf8')])),
  );
};

const earlier = { a: 'earlier', old: 'earlier', 'inner/b': 'earlier' };
const content = { a: 'new', 'inner/b': 'new', c: 'new' };

describe('a run that is killed at any change of the disk', () => {
  it.each([
    ['nothing', async () => {}],
    ['an empty folder', async () => void (await mkdir(out))],
    ['an earlier output', () => writeOutput(earlier)],
  ])('over %s leaves what the next run can finish', { timeout: 120_000 }, async (_what, prepare) => {
    for (let calls = 0; ; calls++) {
      rmSync(folder, { recursive: true, force: true });
      await mkdir(folder);
      await prepare();
      killed.after = calls;
      const survived = await writeOutput(content).then(
        () => true,
        () => false,
      );
      const done = survived && killed.after >= 0;
      killed.after = Number.POSITIVE_INFINITY;
      // The next run finds that the process is gone.
      for (const name of await readdir(folder)) if (/\.lock(\.|$)/.test(name)) rmSync(join(folder, name));
      await writeOutput(content);
      const marker = { files: { a: 3, c: 3, 'inner/b': 3 } };
      expect(await outputFiles(), `after ${calls} calls`).toEqual({
        ...content,
        'grasp-output.json': `${JSON.stringify(marker, null, 2)}\n`,
      });
      expect(await readdir(folder), `after ${calls} calls`).toEqual(['out']);
      if (done) break;
      expect(calls).toBeLessThan(500);
    }
  });
});

it('a removal that is killed at any change of the disk leaves the output or nothing', async () => {
  for (let calls = 0; ; calls++) {
    rmSync(folder, { recursive: true, force: true });
    await mkdir(folder);
    await writeOutput(earlier);
    const whole = await outputFiles();
    killed.after = calls;
    const survived = await removeOutputFolder(out).then(
      () => true,
      () => false,
    );
    const done = survived && killed.after >= 0;
    killed.after = Number.POSITIVE_INFINITY;
    for (const name of await readdir(folder)) if (/\.lock(\.|$)/.test(name)) rmSync(join(folder, name));
    await (await claimOutputFolder(out, { overwrite: true })).discard();
    const left = await readdir(folder);
    if (left.length > 0) expect(await outputFiles(), `after ${calls} calls`).toEqual(whole);
    if (done) {
      expect(left).toEqual([]);
      break;
    }
    expect(calls).toBeLessThan(100);
  }
});
