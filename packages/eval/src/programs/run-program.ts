import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { ProgramRunnerError } from '../errors.js';
import { findIsolation, type Isolation } from './isolation.js';

/** Limits of a program. */
export interface ProgramLimits {
  /** Time, in seconds. Default 5. */
  readonly seconds?: number;
  /** Address space, in bytes. Default 1 GiB. */
  readonly memoryBytes?: number;
}

/** How a program ended. */
export interface ProgramOutcome {
  readonly passed: boolean;
  /** `passed`, `failed: AssertionError: …`, or `timed out`. */
  readonly outcome: string;
}

/** Runs Python programs that are not trusted, each in a process of its own. */
export interface ProgramRunner {
  readonly isolation: Isolation;
  /** Runs one program to its end or to its limits. @param signal ends it early. */
  run(program: string, signal?: AbortSignal): Promise<ProgramOutcome>;
}

const SCRIPT = fileURLToPath(new URL('../../python/run_program.py', import.meta.url));

/**
 * Opens a runner. A program has a limit of time and memory, can write no data to files, and starts no process. It has no
 * network where the system can take it away. It runs in an empty folder and in an empty environment. Its user is `nobody` if
 * this process is root and `nobody` can read Python. Anything else that this user may read stays readable, so use a container
 * for models that you have reason to distrust.
 *
 * @param python interpreter, 3.10 or later
 * @throws ProgramRunnerError if the interpreter or the isolation does not work
 */
export async function programRunner(
  { seconds = 5, memoryBytes = 2 ** 30 }: ProgramLimits = {},
  python = 'python3',
): Promise<ProgramRunner> {
  if (process.platform === 'win32') {
    throw new ProgramRunnerError('Windows cannot limit the programs. Use Linux or macOS.');
  }
  const found = await execa(python, ['-I', '-c', 'import sys; print(sys.executable)'], { reject: false });
  if (found.failed) throw new ProgramRunnerError(`${python} does not run: ${found.shortMessage}`);
  const isolation = await findIsolation();
  const [command, ...args] = [...isolation.prefix, found.stdout.trim(), '-I', '-B', SCRIPT];
  const limits = [Math.ceil(seconds), memoryBytes].map(String);

  async function run(program: string, signal?: AbortSignal): Promise<ProgramOutcome> {
    const word = randomUUID(); // a program that prints `passed` does not know it
    const cwd = await mkdtemp(join(tmpdir(), 'grasp-program-'));
    try {
      const result = await execa(command!, [...args, ...limits], {
        ...{
          cwd,
          input: `${word}\n${program}`,
          env: { PATH: process.env.PATH ?? '' },
          extendEnv: false,
          reject: false,
        },
        ...{ timeout: 1000 * seconds, killSignal: 'SIGKILL', maxBuffer: 2 ** 16, stderr: 'ignore' },
        ...(signal ? { cancelSignal: signal } : {}),
      });
      signal?.throwIfAborted();
      if (result.timedOut) return { passed: false, outcome: 'timed out' };
      const [, outcome = ''] = result.stdout.split(`\n${word} `);
      if (outcome === 'passed') return { passed: true, outcome };
      if (outcome.startsWith('failed: ')) return { passed: false, outcome };
      const how = result.signal ?? `exit code ${result.exitCode}`;
      return { passed: false, outcome: how === 'SIGXCPU' ? 'timed out' : `failed: ended by ${how}` };
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  }

  const check = await run('assert True');
  if (!check.passed)
    throw new ProgramRunnerError(`${python} does not run a program that does nothing: ${check.outcome}.`);
  return { isolation, run };
}
