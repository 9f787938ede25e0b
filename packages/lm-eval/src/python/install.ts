import { offlineVariable, withoutSecrets } from '@grasp/download';
import { execa } from 'execa';
import { PythonError } from '../errors.js';
import type { PythonOptions } from './python-options.js';

const OLDEST = [3, 10] as const;

/** Creates a virtual environment in `folder` and installs the packages of `requirements`. */
export async function installInto(
  folder: string,
  interpreter: string,
  requirements: string,
  { basePython = 'python3', onProgress, signal }: PythonOptions,
): Promise<void> {
  const variable = offlineVariable();
  if (variable !== undefined) {
    throw new PythonError(
      `The packages of ${requirements} are not installed, and ${variable} is set. Run once without it, or give an ` +
        'interpreter that has them (GRASP_PYTHON for lm_eval).',
      basePython,
    );
  }
  await checkVersion(basePython, requirements);
  onProgress?.('making a Python environment');
  const made = await run(basePython, ['-m', 'venv', folder], signal);
  if (made.failed) {
    const hint = 'On Debian and Ubuntu: apt install python3-venv.';
    throw new PythonError(
      `${basePython} cannot make a virtual environment. ${hint}\n${made.tail}`,
      basePython,
    );
  }
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--progress-bar', 'off'];
  const installed = await run(interpreter, [...pip, '-r', requirements], signal, onProgress);
  if (installed.failed) {
    const message = `pip cannot install the packages of ${requirements}. Give an interpreter that has them (GRASP_PYTHON for lm_eval).`;
    throw new PythonError(`${message}\n${installed.tail}`, interpreter);
  }
}

async function checkVersion(python: string, requirements: string): Promise<void> {
  const { failed, stdout } = await execa(python, ['-c', 'import sys; print(*sys.version_info[:2])'], {
    reject: false,
  });
  const need = `Python ${OLDEST.join('.')} or later`;
  if (failed) {
    throw new PythonError(
      `${python} does not run, and ${need} is needed. Install it, or give an interpreter with the ` +
        `packages of ${requirements} (GRASP_PYTHON for lm_eval).`,
      python,
    );
  }
  const [major = 0, minor = 0] = stdout.split(' ').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new PythonError(`${python} is Python ${major}.${minor}; ${need} is needed.`, python);
}

async function run(
  command: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
  onLine?: (line: string) => void,
): Promise<{ failed: boolean; tail: string }> {
  const child = execa(command, args, {
    all: true,
    reject: false,
    ...(signal ? { cancelSignal: signal } : {}),
  });
  if (onLine) for await (const line of child.iterable({ from: 'all' })) onLine(line);
  const { failed, all = '' } = await child;
  signal?.throwIfAborted();
  return { failed, tail: withoutSecrets(lastLines(all)) }; // an index address may carry a password
}

/** The last lines of an output, for a message. */
export function lastLines(text: string, count = 12): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
