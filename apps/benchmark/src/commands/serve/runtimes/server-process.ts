import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree } from './resident-memory.js';
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
/** Seconds that it gets to end by itself. */
const END_LIMIT = 20;
const POLL_MILLISECONDS = 200;

/**
 * Starts a server and waits until it accepts requests.
 *
 * @param log file for what it prints.
 * @throws ServingError if it ends before that, with the end of its log, or takes longer than an hour.
 */
export async function startServer(
  command: ServerCommand,
  port: number,
  log: string,
  signal?: AbortSignal,
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
    while (!(await isHealthy(address))) {
      signal?.throwIfAborted();
      if (ended || pid === undefined) throw new ServingError(`It ended at its start.\n${await endOf(log)}`);
      if (seconds() > START_LIMIT)
        throw new ServingError(`It did not start within ${START_LIMIT} seconds.\n${await endOf(log)}`);
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
  const tree = await Promise.all((await processTree(pid)).map(identityOf));
  signalTo(pid, 'SIGTERM');
  for (let waited = 0; !ended() && waited < 1000 * END_LIMIT; waited += POLL_MILLISECONDS)
    await sleep(POLL_MILLISECONDS);
  for (const each of tree) {
    const now = await identityOf(each.pid);
    if (now.started !== undefined && now.started === each.started) signalTo(each.pid, 'SIGKILL');
  }
}

/** A process by number and time of its start, since numbers are used again. */
async function identityOf(pid: number): Promise<{ pid: number; started: string | undefined }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return { pid, started: stat.slice(stat.lastIndexOf(')')).split(' ')[20] }; // field 22; the name may hold spaces
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** The last lines of a log, without the frames of a traceback. */
async function endOf(log: string): Promise<string> {
  const lines = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n');
  const errors = lines.filter((line) => /Error\b/.test(line)).slice(-3);
  return (errors.length > 0 ? errors : lines.slice(-5)).join('\n');
}
