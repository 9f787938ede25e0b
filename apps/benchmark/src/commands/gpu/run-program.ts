import { execa } from 'execa';
import { onInterrupt } from '../../shared/jobs/on-interrupt.js';
import { GpuBenchmarkError } from './gpu-error.js';

/** How a child process ended. */
export interface Ended {
  /** Undefined if it succeeded. */
  readonly reason?: string;
  readonly stdout: string;
  readonly seconds: number;
}

/** Last lines of a failed process that are its reason. */
const REASON_LINES = 8;

/**
 * Runs a program to its end, or ends it and all processes that it started after a time.
 *
 * @param seconds its time limit
 * @param say called with each line that it writes to standard error
 * @throws GpuBenchmarkError if this process is interrupted meanwhile
 */
export async function runProgram(
  [command, ...args]: readonly [string, ...string[]],
  seconds: number,
  environment: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Ended> {
  const start = performance.now();
  const child = execa(command, args, {
    reject: false,
    stdin: 'ignore',
    env: environment,
    detached: true, // a process group of its own, which is ended as a whole
  });
  const end = () => {
    if (child.pid !== undefined) endGroup(child.pid);
  };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, 1e3 * seconds);
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    end();
  };
  const ignore = onInterrupt(interrupt, ['SIGINT', 'SIGTERM']);
  const said: string[] = [];
  try {
    for await (const line of child.iterable({ from: 'stderr' })) {
      said.push(line);
      say(line);
    }
  } catch {
    // the stream of an ended process may be cut
  }
  const { failed, stdout, shortMessage } = await child;
  clearTimeout(timer);
  ignore();
  if (interrupted) throw new GpuBenchmarkError('Interrupted. What the finished parts found is written.');
  const took = (performance.now() - start) / 1e3;
  const ended = { stdout, seconds: took };
  if (!failed) return ended;
  const last = said.slice(-REASON_LINES).join('\n') || (shortMessage ?? 'it gave no reason');
  if (!late) return { ...ended, reason: last };
  const words = said.at(-1) ?? 'none';
  return { ...ended, reason: `it did not end in time, after ${took.toFixed(0)} s; its last words: ${words}` };
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended already
  }
}
