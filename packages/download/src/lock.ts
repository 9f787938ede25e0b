import { open, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock whose owner has shown no sign of life for this long is taken over. */
const staleMs = 30_000;
const heartbeatMs = 5_000;

/**
 * Runs `work` while holding a lock file, so that of several processes one works and the others wait.
 *
 * @param isDone asked while waiting: true ends the wait without working
 */
export async function withLock(
  file: string,
  isDone: () => boolean,
  work: () => Promise<void>,
  waitMs = 500,
): Promise<void> {
  for (;;) {
    if (isDone()) return;
    const handle = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (handle) {
      await handle.close();
      break;
    }
    const age = await stat(file).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > staleMs) await rm(file, { force: true });
    else await sleep(waitMs);
  }
  const heartbeat = setInterval(() => {
    utimes(file, new Date(), new Date()).catch(() => {});
  }, heartbeatMs);
  try {
    if (!isDone()) await work();
  } finally {
    clearInterval(heartbeat);
    await rm(file, { force: true });
  }
}
