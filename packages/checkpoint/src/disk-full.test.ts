import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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
      code: 'GRASP_CHECKPOINT_WRITE',
      reason: 'disk-full',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('has room for one that does', async () => {
    await writeCheckpoint(ofSize(2 ** 16), join(folder, 'out'));
    expect(await readdir(folder)).toEqual(['out']);
  });
});
