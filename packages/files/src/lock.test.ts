import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acquireLock, withLock } from './lock.js';

let folder: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grasp-lock-'));
  lock = join(folder, 'out.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const heldBy = (holder: object) => writeFile(lock, JSON.stringify(holder));
/** A process that has ended. */
const dead = () => ({ host: hostname(), pid: spawnSync(process.execPath, ['-e', '']).pid, started: null });
const isLinux = process.platform === 'linux';

describe('acquireLock', () => {
  it('is held until it is released, by this process too', async () => {
    const release = await acquireLock(lock);
    await expect(acquireLock(lock)).rejects.toMatchObject({ code: 'GRASP_LOCK_HELD', lock });
    await release();
    await (await acquireLock(lock))();
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes over from a process that is gone, or whose id another process has now', async () => {
    await heldBy(dead());
    await (await acquireLock(lock))();
    if (!isLinux) return;
    await heldBy({ host: hostname(), pid: process.pid, started: 'another boot 1' });
    await (await acquireLock(lock))();
  });

  it('removes the drafts that killed processes left, and no others', async () => {
    const id = '01234567-89ab-cdef-0123-456789abcde';
    const leave = (name: string, holder: object) => writeFile(join(folder, name), JSON.stringify(holder));
    await leave(`out.lock.${id}0`, dead());
    await leave(`out.lock.${id}1`, { host: hostname(), pid: process.pid, started: null });
    await leave(`out.lock.${id}2`, { host: 'elsewhere', pid: 1, started: null });
    await leave(`other.lock.${id}3`, dead());
    await leave('out.lock.txt', dead());
    await (await acquireLock(lock))();
    expect((await readdir(folder)).sort()).toEqual([
      `other.lock.${id}3`,
      `out.lock.${id}1`,
      `out.lock.${id}2`,
      'out.lock.txt',
    ]);
  });

  it('respects a lock of another machine', async () => {
    await heldBy({ host: 'elsewhere', pid: 1, started: null });
    await expect(acquireLock(lock)).rejects.toThrow('process 1 on elsewhere');
  });

  it('respects an empty lock that another process may be writing', async () => {
    await writeFile(lock, '');
    await expect(acquireLock(lock)).rejects.toMatchObject({ code: 'GRASP_LOCK_HELD' });
  });

  it('releases nothing but its own lock', async () => {
    const release = await acquireLock(lock);
    await heldBy({ host: 'elsewhere', pid: 1, started: null });
    await release();
    expect(await readFile(lock, 'utf8')).toContain('elsewhere');
  });

  it.skipIf(!isLinux).each([
    ['a link that leads nowhere', () => symlink(join(folder, 'gone'), lock)],
    [
      'a link to a lock',
      async () => {
        await writeFile(join(folder, 'other'), JSON.stringify(dead()));
        await symlink(join(folder, 'other'), lock);
      },
    ],
    ['a FIFO', async () => void spawnSync('mkfifo', [lock])],
    ['a folder', () => mkdir(lock)],
    ['a file of the user', () => writeFile(lock, '[[package]]\nname = "poetry"\n')],
  ])('refuses %s at once, and leaves it', async (_what, make) => {
    await make();
    const before = await readdir(folder);
    const started = performance.now();
    await expect(acquireLock(lock)).rejects.toMatchObject({
      code: 'GRASP_FILE_WRITE',
      reason: 'exists',
      path: lock,
    });
    await expect(
      withLock(
        lock,
        () => false,
        async () => {},
      ),
    ).rejects.toMatchObject({ reason: 'exists' });
    expect(performance.now() - started).toBeLessThan(5000);
    expect(await readdir(folder)).toEqual(before);
  });
});

describe('withLock', () => {
  it('lets one work while the others wait', async () => {
    const done: number[] = [];
    const work = (id: number) => async () => {
      await sleep(20);
      done.push(id);
    };
    await Promise.all([1, 2, 3].map((id) => withLock(lock, () => done.length > 0, work(id), 1)));
    expect(done).toHaveLength(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes over from a process that is gone, and an empty lock when it is old', async () => {
    let runs = 0;
    const work = async () => void runs++;
    await heldBy(dead());
    await withLock(lock, () => false, work, 1);
    await writeFile(lock, '');
    const long = new Date(Date.now() - 3_600_000);
    await utimes(lock, long, long);
    await withLock(lock, () => false, work, 1);
    expect(runs).toBe(2);
  });

  it('takes over from another machine when its holder has stopped touching the lock, and not before', async () => {
    const clock = vi.spyOn(performance, 'now');
    try {
      await heldBy({ host: 'elsewhere', pid: 1, started: null, heartbeat: true });
      let looks = 0;
      clock.mockImplementation(() => looks * 10_000);
      await withLock(
        lock,
        () => {
          looks++;
          return false;
        },
        async () => {},
        1,
      );
      // 30 s of silence are exceeded at the fifth look.
      expect(looks).toBeGreaterThanOrEqual(5);
      await heldBy({ host: 'elsewhere', pid: 1, started: null });
      let more = 0;
      await withLock(
        lock,
        () => {
          looks++;
          return more++ > 20;
        },
        async () => {},
        1,
      );
      expect(await readFile(lock, 'utf8')).toContain('elsewhere');
    } finally {
      clock.mockRestore();
    }
  });
});
