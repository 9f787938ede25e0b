import { execa } from 'execa';
import { type Launcher, LauncherError, logOf, type QueuedTask, type TaskArray } from '../launcher.js';

/**
 * Slurm by its own commands: `sbatch` for arrays, `squeue` for what is left of them. Accounting is not needed.
 *
 * @param options of sbatch, without dashes: `partition=gpu`, …
 */
export function slurm(options: readonly string[]): Launcher {
  return {
    name: 'slurm',
    check: async () => void (await call('sbatch', ['--version'])),
    async submit(array) {
      const said = await call('sbatch', sbatchArguments(array, options), arrayScript(array.commands));
      return said.trim().split(';')[0]!; // "id", or "id;cluster"
    },
    async queued(keys) {
      if (keys.length === 0) return [];
      const name = `--name=${keys.map(jobName).join(',')}`;
      return parseQueue(await call('squeue', ['--noheader', '--array', name, `--format=${FORMAT}`]));
    },
    cancelling: (ids) => `scancel ${ids.join(' ')}`,
  };
}

const PREFIX = 'grasp-';
const jobName = (key: string): string => `${PREFIX}${key}`;

/**
 * Arguments of sbatch for an array. Those of the user come first: what stands later holds. Slurm shall not requeue by
 * itself, which would not be counted, nor keep what waits for a task that died.
 */
export function sbatchArguments(array: TaskArray, options: readonly string[]): string[] {
  const { key, commands, folder, after } = array;
  const log = logOf({ folder: folder.replaceAll('%', '%%'), key }, '%a');
  return [
    ...options.map((option) => `--${option}`),
    '--parsable',
    `--job-name=${jobName(key)}`,
    `--array=0-${commands.length - 1}`,
    `--chdir=${process.cwd()}`,
    `--output=${log}`,
    `--error=${log}`,
    '--no-requeue',
    '--kill-on-invalid-dep=yes',
    ...(after === undefined ? [] : [`--dependency=aftercorr:${after}`]),
  ];
}

/** A script that runs the command at the place that Slurm names. */
export function arrayScript(commands: TaskArray['commands']): string {
  const cases = commands.map((command, place) => `  ${place}) exec ${command.map(word).join(' ')} ;;`);
  return `${['#!/bin/bash', 'case "$SLURM_ARRAY_TASK_ID" in', ...cases, 'esac'].join('\n')}\n`;
}

/** A word as a shell reads it. */
const word = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** Name, place in the array, id of the array, state, reason. */
const FORMAT = '%j|%K|%F|%T|%r';

/** What `squeue` prints in that format, a task a line. */
export function parseQueue(text: string): QueuedTask[] {
  const lines = text.split('\n').filter((line) => line.startsWith(PREFIX));
  return lines.map((line) => {
    const [name = '', place, id = '', state, reason = 'None'] = line.split('|');
    const running = state !== 'PENDING';
    const why = running || reason === 'None' ? {} : { reason };
    return { key: name.slice(PREFIX.length), id, place: Number(place), running, ...why };
  });
}

/** What a command of Slurm prints. It has a process group of its own: Ctrl-C here shall not end it half-way. */
async function call(command: string, args: readonly string[], input = ''): Promise<string> {
  const result = await execa(command, args, { input, reject: false, detached: true });
  if (!result.failed) return result.stdout;
  if (result.code === 'ENOENT') {
    throw new LauncherError(
      `There is no ${command} on the PATH: run this where jobs are submitted to Slurm, a login node for instance.`,
    );
  }
  throw new LauncherError(`${command} failed: ${result.stderr.trim() || result.shortMessage}`);
}
