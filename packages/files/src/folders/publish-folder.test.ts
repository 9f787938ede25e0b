import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishFolder } from './publish-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-publish-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function made(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await writeFile(join(path, 'file'), content);
  return path;
}

describe('publishFolder', () => {
  it('gives a folder its name', async () => {
    await publishFolder(await made('draft', 'mine'), join(folder, 'final'));
    expect(await readdir(folder)).toEqual(['final']);
  });

  it('keeps the folder of a process that was first', async () => {
    const final = await made('final', 'theirs');
    await publishFolder(await made('draft', 'mine'), final);
    expect(await readdir(folder)).toEqual(['final']);
    expect(await readFile(join(final, 'file'), 'utf8')).toBe('theirs');
  });

  it('throws if there is nothing to rename', async () => {
    await expect(publishFolder(join(folder, 'none'), join(folder, 'final'))).rejects.toThrow('ENOENT');
  });
});
