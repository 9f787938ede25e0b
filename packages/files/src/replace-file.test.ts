import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assertWritable } from './assert-writable.js';
import { openRegular } from './open-regular.js';
import { removeDrafts, replaceFile, replaceFileWith } from './replace-file.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-file-'));
  path = join(folder, 'table.json');
});
let isMounted = false;
afterEach(async () => {
  if (isMounted) spawnSync('umount', [folder]);
  isMounted = false;
  await rm(folder, { recursive: true, force: true });
});

describe('replaceFile', () => {
  it('writes a file, and replaces it', async () => {
    for (const content of ['first', 'second, which is longer', '']) {
      await replaceFile(path, content);
      expect(await readFile(path, 'utf8')).toBe(content);
      expect(await readdir(folder)).toEqual(['table.json']);
    }
  });

  it('shows the earlier content until the new one is complete', async () => {
    await replaceFile(path, 'earlier');
    const drafts = new Set<string>();
    const write = (content: string) =>
      replaceFileWith(path, async (draft) => {
        drafts.add(draft.path);
        for (const piece of content) await draft.append(Buffer.from(piece));
        expect(['earlier', 'aaaa', 'bbbb']).toContain(await readFile(path, 'utf8'));
      });
    await Promise.all([write('aaaa'), write('bbbb')]);
    expect(drafts.size).toBe(2);
    expect(['aaaa', 'bbbb']).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['table.json']);
  });

  it('leaves the earlier content, and no draft, when writing or verifying fails', async () => {
    await replaceFile(path, 'earlier');
    const fail = () => Promise.reject(new Error('no'));
    await expect(replaceFileWith(path, fail)).rejects.toThrow('no');
    await expect(replaceFileWith(path, async () => {}, { verify: fail })).rejects.toThrow('no');
    expect(await readFile(path, 'utf8')).toBe('earlier');
    expect(await readdir(folder)).toEqual(['table.json']);
  });

  it('syncs the file before it is renamed, and the folder after', async () => {
    const handle = await open(join(folder, 'any'), 'w');
    await handle.close();
    const steps: string[] = [];
    const sync = vi.spyOn(Object.getPrototypeOf(handle), 'sync').mockImplementation(async () => {
      steps.push((await readdir(folder)).includes('table.json') ? 'after' : 'before');
    });
    try {
      await replaceFile(path, 'content');
    } finally {
      sync.mockRestore();
    }
    expect(steps).toEqual(['before', 'after']);
  });

  it('does not overwrite unless it may', async () => {
    await replaceFile(path, 'first', { overwrite: false });
    await expect(replaceFile(path, 'second', { overwrite: false })).rejects.toMatchObject({
      code: 'GRASP_FILE_WRITE',
      reason: 'overwrite',
      path,
    });
    expect(await readFile(path, 'utf8')).toBe('first');
    expect(await readdir(folder)).toEqual(['table.json']);
  });

  it('follows no link: neither one with a name like a draft, nor the target itself', async () => {
    const victim = join(folder, 'victim');
    await writeFile(victim, 'mine');
    for (const name of ['table.json.partial', 'table.json']) await symlink(victim, join(folder, name));
    await replaceFile(path, 'new');
    expect(await readFile(victim, 'utf8')).toBe('mine');
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it.each([
    ['replaceFile', (to: string) => replaceFile(to, 'x')],
    ['assertWritable', assertWritable],
  ])('names the file when its folder is missing, and when a folder has its name: %s', async (_, write) => {
    const missing = join(folder, 'gone', 'file');
    await expect(write(missing)).rejects.toMatchObject({ reason: 'io', path: missing });
    await mkdir(path);
    await expect(write(path)).rejects.toMatchObject({ code: 'GRASP_FILE_WRITE', path });
    await writeFile(join(folder, 'file'), 'mine');
    const below = join(folder, 'file', 'x');
    await expect(write(below)).rejects.toMatchObject({ reason: 'io', path: below });
    expect((await readdir(folder)).sort()).toEqual(['file', 'table.json']);
  });

  it('cannot have the path of a folder: assertWritable', async () => {
    await mkdir(join(folder, 'res'));
    for (const name of ['res', 'new']) {
      const to = `${join(folder, name)}/`;
      await expect(assertWritable(to)).rejects.toMatchObject({
        ...{ reason: 'input', path: to, message: expect.stringContaining('Give the path of a file.') },
      });
    }
  });

  it('may write where assertWritable says nothing', async () => {
    for (const content of ['first', 'second']) {
      await assertWritable(path);
      await replaceFile(path, content);
    }
  });

  it.runIf(process.platform === 'linux')('names the file when it may not write there', async () => {
    // Not even root creates files in /sys.
    await expect(replaceFile('/sys/grasp', 'x')).rejects.toMatchObject({
      reason: 'permission',
      path: '/sys/grasp',
      message: expect.stringContaining('/sys/grasp: cannot be written: no permission'),
    });
  });

  it('names the file when the disk is full', async ({ skip }) => {
    const small = ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder];
    if (process.platform !== 'linux' || spawnSync('mount', small).status !== 0) skip();
    isMounted = true;
    await expect(replaceFile(path, new Uint8Array(2 ** 20))).rejects.toMatchObject({
      reason: 'disk-full',
      path,
      message: expect.stringMatching(/table\.json: cannot be written: the disk is full/),
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('removeDrafts', () => {
  it('removes drafts of this file alone', async () => {
    let draft = '';
    await replaceFileWith(path, async (open) => {
      draft = basename(open.path);
      await open.append(Buffer.from('x'));
    });
    const others = ['table.json.partial', 'other.json.0123456789abcdef.partial', 'table.json.notes.partial'];
    for (const name of [draft, ...others]) await writeFile(join(folder, name), '');
    await removeDrafts(path);
    expect((await readdir(folder)).sort()).toEqual(['table.json', ...others].sort());
  });
});

describe('openRegular', () => {
  it('appends, empties and reads a file', async () => {
    for (const [mode, content] of [
      ['append', 'a'],
      ['append', 'b'],
      ['truncate', 'c'],
    ] as const) {
      const handle = await openRegular(path, mode);
      await handle.write(content);
      await handle.close();
    }
    expect(await readFile(path, 'utf8')).toBe('c');
    await expect(openRegular(join(folder, 'none'), 'read')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each(['read', 'append', 'truncate'] as const)(
    'does not %s through a link, a FIFO or a folder',
    async (mode) => {
      const victim = join(folder, 'victim');
      await writeFile(victim, 'mine');
      await symlink(victim, join(folder, 'link'));
      await mkdir(join(folder, 'folder'));
      const names = ['link', 'folder'];
      if (spawnSync('mkfifo', [join(folder, 'fifo')]).status === 0) names.push('fifo');
      for (const name of names) {
        await expect(openRegular(join(folder, name), mode)).rejects.toMatchObject({
          code: 'GRASP_FILE_WRITE',
          reason: 'exists',
          path: join(folder, name),
        });
      }
      expect(await readFile(victim, 'utf8')).toBe('mine');
    },
  );
});
