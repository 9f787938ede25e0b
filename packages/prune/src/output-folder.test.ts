import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimOutputFolder, OutputFolderError } from './output-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-output-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('claimOutputFolder', () => {
  it('shows nothing under the final name until it is committed', async () => {
    const output = await claimOutputFolder(join(folder, 'deep', 'out'));
    await writeFile(join(output.work, 'a.txt'), 'a');
    expect(existsSync(output.path)).toBe(false);
    await output.commit();
    expect(await readdir(output.path)).toEqual(['a.txt']);
    expect(existsSync(output.work)).toBe(false);
  });

  it('leaves nothing when discarded', async () => {
    const output = await claimOutputFolder(join(folder, 'out'));
    await writeFile(join(output.work, 'a.txt'), 'a');
    await output.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a folder that holds something, and keeps it', async () => {
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out', 'mine.txt'), 'mine');
    await expect(claimOutputFolder(join(folder, 'out'))).rejects.toThrow(/not empty/);
    expect(await readFile(join(folder, 'out', 'mine.txt'), 'utf8')).toBe('mine');
  });

  it('replaces it when told to', async () => {
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out', 'old.txt'), 'old');
    const output = await claimOutputFolder(join(folder, 'out'), { overwrite: true });
    await writeFile(join(output.work, 'new.txt'), 'new');
    await output.commit();
    expect(await readdir(folder)).toEqual(['out']);
    expect(await readdir(output.path)).toEqual(['new.txt']);
  });

  it('refuses a folder another run writes to', async () => {
    await claimOutputFolder(join(folder, 'out'));
    await expect(claimOutputFolder(join(folder, 'out'))).rejects.toThrow(OutputFolderError);
    await expect(claimOutputFolder(join(folder, 'out'))).rejects.toThrow(/being written by process/);
  });

  it('takes over from a run that was killed', async () => {
    const work = join(folder, 'out.partial');
    await mkdir(work);
    await writeFile(join(work, '.lock'), `${hostname()} 999999999`);
    await writeFile(join(work, 'half.safetensors'), 'half');
    const output = await claimOutputFolder(join(folder, 'out'));
    expect(await readdir(output.work)).toEqual(['.lock']);
  });

  it('says why a folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(claimOutputFolder(join(folder, 'file', 'out'))).rejects.toThrow(OutputFolderError);
    await expect(claimOutputFolder(join(folder, 'file'))).rejects.toThrow(/Cannot write/);
  });
});
