import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addToOutput } from './folder-marker.js';
import { claimOutputFolder, releaseOutputFolder, removeOutputFolder } from './output-folder.js';

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-output-'));
  out = join(folder, 'out');
});
const mounted: string[] = [];
afterEach(async () => {
  for (const path of mounted.splice(0)) spawnSync('umount', [path]);
  await rm(folder, { recursive: true, force: true });
});

/** Writes an output that holds one file. */
async function writeOutput(content: string, overwrite = false): Promise<void> {
  const output = await claimOutputFolder(out, { overwrite });
  await writeFile(join(output.work, 'file'), content);
  await output.commit();
}

const read = (...names: string[]) => readFile(join(folder, ...names), 'utf8');
const refused = (reason: string, message: RegExp | string = '') =>
  expect.objectContaining({
    code: 'GRASP_FILE_WRITE',
    reason,
    message: message instanceof RegExp ? expect.stringMatching(message) : expect.stringContaining(message),
  });

describe('claimOutputFolder', () => {
  it('gives the folder its name when it is complete', async () => {
    const output = await claimOutputFolder(out);
    expect(output.work).toBe(`${out}.partial`);
    await writeFile(join(output.work, 'file'), 'content');
    expect((await readdir(folder)).sort()).toEqual(['out.lock', 'out.partial']);
    await output.commit();
    expect(await readdir(folder)).toEqual(['out']);
    expect((await readdir(out)).sort()).toEqual(['file', 'grasp-output.json']);
    expect(JSON.parse(await read('out', 'grasp-output.json'))).toEqual({ files: { file: 7 } });
  });

  it('lets one run in at a time', async () => {
    const claims = await Promise.allSettled(Array.from({ length: 8 }, () => claimOutputFolder(out)));
    const won = claims.filter((claim) => claim.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const claim of claims)
      if (claim.status === 'rejected') expect(claim.reason).toEqual(refused('in-use'));
    await won[0]!.value.discard();
    await (await claimOutputFolder(out)).discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('replaces an earlier output if asked', async () => {
    await writeOutput('first');
    await expect(writeOutput('second')).rejects.toEqual(refused('overwrite', 'an earlier output is there'));
    await writeOutput('second', true);
    expect(await read('out', 'file')).toBe('second');
    expect(await readdir(folder)).toEqual(['out']);
    expect((await readdir(out)).sort()).toEqual(['file', 'grasp-output.json']);
  });

  it('clears what a killed process left', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const killed = await claimOutputFolder(out);
    await writeFile(join(killed.work, 'half'), 'half');
    await writeFile(`${out}.lock`, JSON.stringify({ host: hostname(), pid, started: null }));
    const output = await claimOutputFolder(out);
    expect(await readdir(output.work)).toEqual(['.grasp-draft']);
    await output.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('clears what a process left that was killed before it had marked its folder', async () => {
    await mkdir(`${out}.partial`);
    await writeFile(join(`${out}.partial`, '.grasp-draft.0123456789abcdef.partial'), '');
    await (await claimOutputFolder(out)).discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('restores an earlier output that a killed replacement had set aside', async () => {
    await writeOutput('first');
    await rename(out, `${out}.replaced`);
    await expect(claimOutputFolder(out)).rejects.toEqual(refused('overwrite'));
    expect(await read('out', 'file')).toBe('first');
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('ends the claim of a process of another machine that is known to have ended, and of no other', async () => {
    await writeFile(`${out}.lock`, JSON.stringify({ host: 'elsewhere', pid: 1, started: null }));
    await releaseOutputFolder(out, { host: 'elsewhere', pid: 2 });
    await releaseOutputFolder(out, { host: hostname(), pid: 1 });
    await expect(claimOutputFolder(out)).rejects.toEqual(refused('in-use'));
    await releaseOutputFolder(out, { host: 'elsewhere', pid: 1 });
    await (await claimOutputFolder(out)).discard();
    await releaseOutputFolder(out, { host: 'elsewhere', pid: 1 });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('what the user made', () => {
  const userFolder = async (path: string) => {
    await mkdir(path);
    await writeFile(join(path, 'thesis.txt'), 'years of work');
  };

  it.each(['out', 'out.partial'])('is not deleted at %s', async (name) => {
    await userFolder(join(folder, name));
    for (const overwrite of [false, true]) {
      await expect(claimOutputFolder(out, { overwrite })).rejects.toEqual(refused('exists', name));
    }
    expect(await readdir(folder)).toEqual([name]);
    expect(await read(name, 'thesis.txt')).toBe('years of work');
  });

  it('is not deleted at out.replaced, nor at out.partial when it is a finished output', async () => {
    await writeOutput('first');
    await userFolder(`${out}.replaced`);
    await expect(claimOutputFolder(out, { overwrite: true })).rejects.toEqual(
      refused('exists', 'out.replaced'),
    );
    expect(await read('out.replaced', 'thesis.txt')).toBe('years of work');
    await rm(`${out}.replaced`, { recursive: true });
    await rename(out, `${out}.partial`);
    await expect(claimOutputFolder(out)).rejects.toEqual(refused('exists', 'out.partial'));
    expect(await read('out.partial', 'file')).toBe('first');
  });

  it('is not deleted when it appears during the run', async () => {
    const output = await claimOutputFolder(out, { overwrite: true });
    await userFolder(out);
    await expect(output.commit()).rejects.toEqual(refused('exists'));
    await output.discard();
    expect(await readdir(folder)).toEqual(['out']);
    expect(await readdir(out)).toEqual(['thesis.txt']);
  });

  it('is not deleted in an earlier output', async () => {
    await writeOutput('first');
    await mkdir(join(out, 'results', 'deep'), { recursive: true });
    await writeFile(join(out, 'notes.txt'), 'years of work');
    const refusal = refused('exists', 'also holds notes.txt, results, results/deep, which');
    await expect(writeOutput('second', true)).rejects.toEqual(refusal);
    expect(await read('out', 'notes.txt')).toBe('years of work');
    await rm(join(out, 'notes.txt'));
    await rm(join(out, 'results'), { recursive: true });
    await writeFile(join(out, 'report.html.0123456789abcdef.partial'), 'of a killed process');
    await writeOutput('second', true);
    expect(await read('out', 'file')).toBe('second');
  });

  it('is part of the output if a command added it', async () => {
    await writeOutput('first');
    await writeFile(join(out, 'report.html'), 'page');
    await addToOutput(join(out, 'report.html'));
    await writeOutput('second', true);
    expect((await readdir(out)).sort()).toEqual(['file', 'grasp-output.json']);
    await writeFile(join(folder, 'alone.html'), 'page');
    await addToOutput(join(folder, 'alone.html'));
    expect((await readdir(folder)).sort()).toEqual(['alone.html', 'out']);
  });

  it('is not deleted in an earlier output where it appears during the run', async () => {
    await writeOutput('first');
    const output = await claimOutputFolder(out, { overwrite: true });
    await writeFile(join(output.work, 'file'), 'second');
    await writeFile(join(out, 'notes.txt'), 'years of work');
    await expect(output.commit()).rejects.toEqual(refused('exists', 'also holds notes.txt'));
    await output.discard();
    expect(await read('out', 'file')).toBe('first');
    expect(await read('out', 'notes.txt')).toBe('years of work');
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('is not deleted where a link leads', async () => {
    await userFolder(join(folder, 'mine'));
    await symlink(join(folder, 'mine'), `${out}.partial`);
    await expect(claimOutputFolder(out)).rejects.toEqual(refused('exists', 'out.partial'));
    expect(await readdir(join(folder, 'mine'))).toEqual(['thesis.txt']);
  });

  it('is not taken for an output by the marker of another program', async () => {
    await userFolder(out);
    await writeFile(join(out, 'grasp-output.json'), 'mine');
    await expect(claimOutputFolder(out, { overwrite: true })).rejects.toEqual(refused('exists'));
  });
});

describe('a folder that is there and empty', () => {
  it('is written into without being renamed', async () => {
    await mkdir(out);
    const { ino } = await stat(out);
    const output = await claimOutputFolder(out);
    expect(output.work).toBe(join(out, '.grasp-partial'));
    await mkdir(join(output.work, 'inner'));
    await writeFile(join(output.work, 'inner', 'file'), 'content');
    await output.commit();
    expect((await stat(out)).ino).toBe(ino);
    expect((await readdir(out)).sort()).toEqual(['grasp-output.json', 'inner']);
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('is empty again after the run is discarded', async () => {
    await mkdir(out);
    const output = await claimOutputFolder(out);
    await writeFile(join(output.work, 'file'), 'content');
    await output.discard();
    expect(await readdir(out)).toEqual([]);
  });

  it('is filled when it appears during the run', async () => {
    const output = await claimOutputFolder(out);
    await writeFile(join(output.work, 'file'), 'content');
    await mkdir(out);
    await output.commit();
    expect(await read('out', 'file')).toBe('content');
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('is cleared of what a run moved into it before it was killed', async () => {
    await mkdir(out);
    const killed = await claimOutputFolder(out);
    await writeFile(join(killed.work, 'b'), 'not moved');
    const marker = { format: 'grasp-draft', moving: ['a', 'b', '../sibling', 'grasp-output.json'] };
    await writeFile(join(killed.work, '.grasp-draft'), JSON.stringify(marker));
    await writeFile(join(out, 'a'), 'moved');
    await writeFile(join(folder, 'sibling'), 'not ours');
    await rm(`${out}.lock`);
    await writeOutput('second');
    expect((await readdir(out)).sort()).toEqual(['file', 'grasp-output.json']);
    expect(await read('sibling')).toBe('not ours');
  });
});

/** A disk of one megabyte. Only some users may mount one. */
function mountAt(path: string): boolean {
  if (process.platform !== 'linux') return false;
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]).status !== 0) return false;
  mounted.push(path);
  return true;
}

describe('a mount point', () => {
  it('is written into, and written again', async ({ skip }) => {
    await mkdir(out);
    if (!mountAt(out)) skip();
    await mkdir(join(out, 'lost+found'));
    await writeOutput('first');
    await writeOutput('second', true);
    expect(await read('out', 'file')).toBe('second');
    expect((await readdir(out)).sort()).toEqual(['file', 'grasp-output.json', 'lost+found']);
    await writeFile(join(out, 'notes'), 'by the user');
    await expect(writeOutput('third', true)).rejects.toEqual(refused('exists', 'also holds notes'));
  });

  it('is written again where it is on the file system of its parent folder', async ({ skip }) => {
    await writeOutput('first');
    if (process.platform !== 'linux' || spawnSync('mount', ['--bind', out, out]).status !== 0) skip();
    mounted.push(out);
    await writeOutput('second', true);
    expect(await read('out', 'file')).toBe('second');
    expect((await readdir(out)).sort()).toEqual(['file', 'grasp-output.json']);
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('is written into when it appears during the run', async ({ skip }) => {
    const output = await claimOutputFolder(out);
    await mkdir(join(output.work, 'inner'));
    await writeFile(join(output.work, 'inner', 'file'), 'content');
    await mkdir(out);
    if (!mountAt(out)) skip();
    await output.commit();
    expect(await read('out', 'inner', 'file')).toBe('content');
    expect(existsSync(`${out}.partial`)).toBe(false);
  });
});

describe('a link as output', () => {
  it('is refused before the work if it leads nowhere', async () => {
    await symlink(join(folder, 'gone'), out);
    await expect(claimOutputFolder(out)).rejects.toEqual(refused('exists', 'a link that leads nowhere'));
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('names the folder it leads to', async () => {
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), out);
    await writeOutput('content');
    expect(await read('real', 'file')).toBe('content');
  });
});

describe('removeOutputFolder', () => {
  it('removes an output, and does nothing where there is none', async () => {
    await writeOutput('content');
    await removeOutputFolder(out);
    expect(await readdir(folder)).toEqual([]);
    await removeOutputFolder(out);
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves what is not an output of this program alone', async () => {
    await mkdir(out);
    await writeFile(join(out, 'notes'), 'mine');
    await expect(removeOutputFolder(out)).rejects.toEqual(refused('exists', 'not an earlier output'));
    expect(await read('out', 'notes')).toBe('mine');
    await rm(out, { recursive: true });
    await writeOutput('content');
    await writeFile(join(out, 'notes'), 'mine');
    await expect(removeOutputFolder(out)).rejects.toEqual(refused('exists', 'notes'));
    expect((await readdir(out)).sort()).toEqual(['file', 'grasp-output.json', 'notes']);
  });

  it('does not remove an output that is being written', async () => {
    await writeOutput('content');
    const output = await claimOutputFolder(out, { overwrite: true });
    await expect(removeOutputFolder(out)).rejects.toEqual(refused('in-use'));
    await output.discard();
    expect(await read('out', 'file')).toBe('content');
  });
});
