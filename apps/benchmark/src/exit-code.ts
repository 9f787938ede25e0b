import { CommanderError } from '@commander-js/extra-typings';

/** Codes of errors in the command line or in settings. */
const USAGE = ['GRASP_BENCH_OPTION', 'GRASP_SETTINGS', 'GRASP_EVAL_TASK'];

/** The exit code for what a command threw, as the README lists them. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('GRASP_')) return 70;
  return USAGE.includes(code) ? 2 : 1;
}
