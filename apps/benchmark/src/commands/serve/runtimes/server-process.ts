import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTimes, processTree } from './process-tree.js';
import type { ServerCommand } from './runtime.js';
import { ServingError } from './serving-error.js';

/** A server that accepts requests. */
export interface RunningServer {
  readonly address: string;
  readonly pid: number;
  readonly startSeconds: number;
  /** Ends it and all its processes. */
  stop(): Promise<void>;
}

/** Seconds that a server may take to start: compilers work in vLLM, and the machine may be slow. */
const START_LIMIT = 3600;
/** Seconds after which a server that has not started, and whose processes compute nothing, is taken for stuck. */
const IDLE_LIMIT = 180;
/** Seconds that it gets to end by itself. */
const END_LIMIT = 20;
const POLL_MILLISECONDS = 200;
/** Between two looks at the processes of a server: there may be hundreds of threads. */
const LOOK_MILLISECONDS = 2000;

/**
 * Starts a server and waits until it accepts requests.
 *
 * @param log file for what it prints.
 * @throws ServingError with the end of its log, if it ends before that, does nothing, or takes longer than an hour.
 */
export async function startServer(
  command: ServerCommand,
  port: number,
  log: string,
  { signal, idleLimit = IDLE_LIMIT }: { readonly signal?: AbortSignal; readonly idleLimit?: number } = {},
): Promise<RunningServer> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const written = await open(log, 'w');
  const server = spawn(command.file, command.arguments, {
    env: { ...process.env, ...command.environment },
    stdio: ['ignore', written.fd, written.fd],
  });
  let ended = false;
  const end = () => {
    ended = true;
  };
  server.once('exit', end).once('error', end); // an error: there is no such program
  await written.close(); // the server has it
  const pid = server.pid;
  const stop = () => (pid === undefined ? Promise.resolve() : endTree(pid, () => ended));
  const address = `http://127.0.0.1:${port}`;
  try {
    const idleSeconds = pid === undefined ? () => 0 : idleClock(pid);
    while (!(await isHealthy(address))) {
      signal?.throwIfAborted();
      if (ended || pid === undefined) throw new ServingError(`It ended at its start.\n${await endOf(log)}`);
      if ((await idleSeconds()) > idleLimit)
        throw new ServingError(`It has computed nothing for ${idleLimit} s.\n${await endOf(log)}`);
      if (seconds() > START_LIMIT)
        throw new ServingError(`It did not start within ${START_LIMIT} s.\n${await endOf(log)}`);
      await sleep(POLL_MILLISECONDS);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, pid: pid!, startSeconds: seconds(), stop };
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function isHealthy(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address}/health`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // it does not listen yet
  }
}

async function endTree(pid: number, ended: () => boolean): Promise<void> {
  const tree = await Promise.all(
    (await processTree(pid)).map(async (each) => ({ pid: each, times: await processTimes(each) })),
  );
  signalTo(pid, 'SIGTERM');
  for (let waited = 0; !ended() && waited < 1000 * END_LIMIT; waited += POLL_MILLISECONDS)
    await sleep(POLL_MILLISECONDS);
  for (const { pid: each, times } of tree) {
    const now = await processTimes(each);
    if (now && now.started === times?.started) signalTo(each, 'SIGKILL');
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** Says for how long the processes of a server have used less than a hundredth of one core, as those do that only wait. */
function idleClock(pid: number): () => Promise<number> {
  let busy = { at: performance.now(), ticks: 0 };
  let looked = busy.at;
  return async () => {
    const now = performance.now();
    if (now - looked > LOOK_MILLISECONDS) {
      looked = now;
      const times = await Promise.all((await processTree(pid)).map(processTimes));
      const ticks = times.reduce((sum, each) => sum + (each?.ticks ?? 0), 0);
      const allowed = (now - busy.at) / 1000; // a tick is a hundredth of a second
      if (ticks === 0 || Math.abs(ticks - busy.ticks) > allowed) busy = { at: now, ticks };
    }
    return (now - busy.at) / 1000;
  };
}

/** The last lines of a log, without the frames of a traceback. */
async function endOf(log: string): Promise<string> {
  const lines = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n');
  const errors = lines.filter((line) => /Error\b/.test(line)).slice(-3);
  return (errors.length > 0 ? errors : lines.slice(-5)).join('\n');
}
