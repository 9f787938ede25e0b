import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Who holds a lock: a process, and when it started, as process ids are used again. */
interface Holder {
  readonly host: string;
  readonly pid: number;
  /** Linux: start time of the process within this boot. Elsewhere null, and the id alone must do. */
  readonly started: string | null;
}

/** Another process holds the lock. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
  readonly code = 'GRASP_LOCK_HELD';

  constructor(
    readonly lock: string,
    readonly holder: string,
  ) {
    super(`${lock} is held by ${holder}. Wait for it, or delete that file if the process is gone.`);
  }
}

/**
 * Takes a lock file. One left by a process that no longer runs on this machine is taken over; one of another
 * machine is respected, as nothing tells whether that process lives.
 *
 * @returns the function that releases it
 * @throws LockHeldError, and the system's error when the file cannot be made
 */
export async function acquireLock(lock: string): Promise<() => Promise<void>> {
  const mine = JSON.stringify({ host: hostname(), pid: process.pid, started: await startOf(process.pid) });
  for (;;) {
    if (await place(lock, mine)) return () => rm(lock, { force: true });
    const theirs = await readFile(lock, 'utf8').catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
    if (theirs === undefined) continue; // released just now
    const holder = parseHolder(theirs);
    if (holder && (await isRunning(holder))) {
      throw new LockHeldError(lock, `process ${holder.pid} on ${holder.host}`);
    }
    await removeStale(lock, theirs);
  }
}

/** A process of a machine. */
export interface Claimant {
  readonly host: string;
  readonly pid: number;
}

/** Removes the lock file of a process that is known to have ended, on whatever machine. One of any other stays. */
export async function releaseLockOf({ host, pid }: Claimant, lock: string): Promise<void> {
  const text = await readFile(lock, 'utf8').catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
  if (text === undefined) return;
  const holder = parseHolder(text);
  if (holder?.host === host && holder.pid === pid) await removeStale(lock, text);
}

/** Puts the file in place whole or not at all: a reader never sees it half-written. */
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

/** Removes a stale lock, and puts it back if another process took over between reading and moving it. */
async function removeStale(lock: string, stale: string): Promise<void> {
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
  } catch {
    return; // someone else removed it
  }
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, lock).catch(() => {});
  await rm(aside, { force: true });
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { host, pid, started } = JSON.parse(text) as Record<string, unknown>;
    if (typeof host !== 'string' || !Number.isSafeInteger(pid)) return undefined;
    return { host, pid: pid as number, started: typeof started === 'string' ? started : null };
  } catch {
    return undefined;
  }
}

async function isRunning({ host, pid, started }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false;
  }
  return started === null || started === (await startOf(pid));
}

async function startOf(pid: number): Promise<string | null> {
  try {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    // Field 22, counted from after the command name, which may hold spaces and parentheses.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${boot.trim()} ${ticks}`;
  } catch {
    return null;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
