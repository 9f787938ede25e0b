import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../open-checkpoint.js';
import { writeCheckpoint } from './write-checkpoint.js';

const folder = mkdtempSync(join(tmpdir(), 'grasp-full-'));
/** A disk of one megabyte. Only some users may mount one. */
const mounted =
  process.platform === 'linux' &&
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;

afterAll(() => {
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
});

/** A checkpoint of one tensor. */
function ofSize(elements: number) {
  const info = { name: 'w', dtype: 'F32' as const, shape: [elements] };
  return {
    source: 'memory',
    config: {},
    tensors: new Map([['w', info]]),
    files: [],
    read: async () => ({ ...info, data: new Float32Array(elements) }),
    close: async () => {},
  };
}

describe.skipIf(!mounted)('a disk of one megabyte', () => {
  it('gets nothing of a checkpoint that does not fit', async () => {
    await expect(writeCheckpoint(ofSize(2 ** 19), join(folder, 'out'))).rejects.toMatchObject({
      code: 'GRASP_FILE_WRITE',
      reason: 'disk-full',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('gets not even a lock when it is full to the last byte', async () => {
    const filler = join(folder, 'filler');
    await writeFile(filler, new Uint8Array(2 ** 20)).catch(() => {});
    await expect(writeCheckpoint(ofSize(1), join(folder, 'out'))).rejects.toMatchObject({
      reason: 'disk-full',
    });
    expect(await readdir(folder)).toEqual(['filler']);
    await rm(filler);
  });

  it('has room for one that does, and keeps it when a larger one is to replace it', async () => {
    await writeCheckpoint(ofSize(2 ** 16), join(folder, 'out'));
    const replaced = writeCheckpoint(ofSize(2 ** 18), join(folder, 'out'), { overwrite: true });
    await expect(replaced).rejects.toMatchObject({ reason: 'disk-full' });
    expect(await readdir(folder)).toEqual(['out']);
    const { tensors, close } = await openCheckpoint(join(folder, 'out'));
    expect(tensors.get('w')?.shape).toEqual([2 ** 16]);
    await close();
  });

  it('is not written to where it is mounted for reading alone', async () => {
    const remount = (mode: 'ro' | 'rw') => spawnSync('mount', ['-o', `remount,${mode}`, folder]);
    remount('ro');
    try {
      for (const name of ['new', 'out']) {
        const attempt = writeCheckpoint(ofSize(1), join(folder, name), { overwrite: true });
        await expect(attempt).rejects.toMatchObject({
          reason: 'permission',
          message: expect.stringContaining('Choose a folder you may write to'),
        });
      }
      expect(await readdir(folder)).toEqual(['out']);
    } finally {
      remount('rw');
    }
  });
});
