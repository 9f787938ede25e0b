import { logOf, type TaskArray } from '../launcher.js';

/** Prefix of all job names of this program. */
export const PREFIX = 'grasp-';

export const jobName = (key: string): string => `${PREFIX}${key}`;

/**
 * Arguments of sbatch for an array. The options of the user come first, because sbatch uses the last value of an option.
 * Slurm must not requeue tasks by itself, because the caller counts retries, and it must drop tasks whose dependency
 * failed.
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

/** A bash script that runs the command of the task whose place is in SLURM_ARRAY_TASK_ID. */
export function arrayScript(commands: TaskArray['commands']): string {
  const cases = commands.map((command, place) => `  ${place}) exec ${command.map(quoted).join(' ')} ;;`);
  return `${['#!/bin/bash', 'case "$SLURM_ARRAY_TASK_ID" in', ...cases, 'esac'].join('\n')}\n`;
}

/** Quotes a word for the shell if necessary. */
const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
