import { randomUUID } from 'node:crypto';
import { link, lutimes, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, FileWriteError, LockHeldError } from './errors.js';
import { type Holder, isHere, isRunning, parseHolder, thisProcess } from './lock-holder.js';
import { openRegular } from './open-regular.js';

/** A process of a machine. */
export interface Claimant {
  readonly host: string;
  readonly pid: number;
}

/** How often the holder of a lock that others wait for touches its file. */
const HEARTBEAT_MS = 5_000;
/** A lock on another machine that should be touched, and was not for this long, is stale. */
const SILENCE_MS = 30_000;
/** Bytes of a lock file that are read. Ours have about 150. */
const LOCK_BYTES = 4096;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Attempts to take a lock that comes and goes. */
const ATTEMPTS = 100;

/**
 * Takes a lock file, which names the process that holds it.
 *
 * A lock whose process no longer runs on this machine is stale and is taken over. A lock of another machine is
 * respected, because its process cannot be looked up from here. Drafts of the lock that killed processes of this machine
 * left are removed.
 *
 * @returns a function that releases the lock. Calling it twice is harmless.
 * @throws LockHeldError if another process, or this one, holds the lock
 * @throws FileWriteError with reason `exists` if `lock` is a link, a FIFO, a folder, or a file that is not a lock
 * @throws system errors, if the lock file cannot be created
 */
export async function acquireLock(lock: string): Promise<() => Promise<void>> {
  const mine = JSON.stringify(await thisProcess());
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await place(lock, mine)) {
      await removeLeftovers(lock);
      return () => removeIf(lock, mine);
    }
    const found = await read(lock);
    if (found === undefined) continue; // it was released just now
    if (found.holder === undefined ? isFresh(found) : await isRunning(found.holder)) {
      throw new LockHeldError(lock, nameOf(found.holder));
    }
    await removeIf(lock, found.text);
  }
  throw new FileWriteError(lock, 'io', 'other processes keep taking the lock. Try again.');
}

/**
 * Runs `work` under a lock file, waiting while another process holds it: of several processes one works and the
 * others wait. While `work` runs the lock file is touched, so that processes on other machines know it is alive.
 *
 * @param isDone asked before each attempt; if it returns true, `withLock` returns without calling `work`
 * @param waitMs pause between two attempts, in milliseconds
 * @throws FileWriteError as `acquireLock`; system errors; what `isDone` and `work` throw
 */
export async function withLock(
  lock: string,
  isDone: () => boolean,
  work: () => Promise<void>,
  waitMs = 500,
): Promise<void> {
  const mine = JSON.stringify({ ...(await thisProcess()), heartbeat: true });
  const silence = silenceOf();
  while (!isDone()) {
    if (await place(lock, mine)) return workUnder(lock, mine, isDone, work);
    const found = await read(lock);
    if (found === undefined) continue;
    if (await isStale(found, silence(found))) await removeIf(lock, found.text);
    else await sleep(waitMs);
  }
}

/** Removes the lock of a process that is known to have ended, on any machine. Leaves any other lock. */
export async function releaseLockOf({ host, pid }: Claimant, lock: string): Promise<void> {
  const found = await read(lock);
  if (found?.holder?.host === host && found.holder.pid === pid) await removeIf(lock, found.text);
}

interface Found {
  readonly text: string;
  /** Undefined for an empty file: a lock of an earlier release, or one that is being written. */
  readonly holder: Holder | undefined;
  readonly modifiedMs: number;
}

async function workUnder(
  lock: string,
  mine: string,
  isDone: () => boolean,
  work: () => Promise<void>,
): Promise<void> {
  const heartbeat = setInterval(() => {
    lutimes(lock, new Date(), new Date()).catch(() => {});
  }, HEARTBEAT_MS);
  try {
    if (!isDone()) await work();
  } finally {
    clearInterval(heartbeat);
    await removeIf(lock, mine);
  }
}

/** Reads a lock file. Undefined if there is none. */
async function read(lock: string): Promise<Found | undefined> {
  const handle = await openRegular(lock, 'read').catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LOCK_BYTES), 0, LOCK_BYTES, 0);
    const text = buffer.toString('utf8', 0, bytesRead);
    const holder = parseHolder(text);
    if (holder === undefined && text !== '') {
      const detail = 'a file that is not a lock has that name. Remove it, or choose another name.';
      throw new FileWriteError(lock, 'exists', detail);
    }
    return { text, holder, modifiedMs: (await handle.stat()).mtimeMs };
  } finally {
    await handle.close();
  }
}

async function isStale(found: Found, silentMs: number): Promise<boolean> {
  const { holder } = found;
  if (holder === undefined) return !isFresh(found);
  if (isHere(holder)) return !(await isRunning(holder));
  return holder.heartbeat && silentMs > SILENCE_MS;
}

/** Whether an empty lock file may still be in the hands of its writer. */
const isFresh = ({ modifiedMs }: Found): boolean => Date.now() - modifiedMs < SILENCE_MS;

/** Measures how long a lock has not been touched, by this machine's clock alone. */
function silenceOf(): (found: Found) => number {
  let last = '';
  let since = 0;
  return ({ text, modifiedMs }) => {
    const state = `${modifiedMs} ${text}`;
    if (state !== last) since = performance.now();
    last = state;
    return performance.now() - since;
  };
}

/** Creates the lock file with its content at once: a reader never sees a part of it. */
async function place(lock: string, content: string): Promise<boolean> {
  const draft = `${lock}.${randomUUID()}`;
  try {
    await writeFile(draft, content, { flag: 'wx' });
    await link(draft, lock).catch((error: unknown) => {
      if (codeOf(error) === 'EEXIST') throw error;
      return writeFile(lock, content, { flag: 'wx' }); // a file system without links
    });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Removes the drafts of a lock whose processes, killed as they took or released it, no longer run on this machine. */
async function removeLeftovers(lock: string): Promise<void> {
  const prefix = `${basename(lock)}.`;
  for (const name of await readdir(dirname(lock)).catch(() => [])) {
    if (!name.startsWith(prefix) || !UUID.test(name.slice(prefix.length))) continue;
    const draft = join(dirname(lock), name);
    const found = await read(draft).catch(() => undefined); // another process may remove it at this moment
    if (found && (await isStale(found, 0))) await rm(draft).catch(() => {});
  }
}

/** Removes a lock with the given content. Puts back one that another process placed in the meantime. */
async function removeIf(lock: string, content: string): Promise<void> {
  const found = await read(lock).catch(() => undefined);
  if (found?.text !== content) return;
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return; // another process removed it
    throw error;
  }
  if ((await read(aside))?.text !== content) await link(aside, lock).catch(() => {});
  await rm(aside, { force: true });
}

const nameOf = (holder: Holder | undefined): string =>
  holder === undefined ? 'a process that has just started' : `process ${holder.pid} on ${holder.host}`;
