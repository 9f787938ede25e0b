import { execa } from 'execa';
import { type Launcher, LauncherError } from '../launcher.js';
import { arrayScript, jobName, sbatchArguments } from './sbatch.js';
import { parseQueue, squeueArguments } from './squeue.js';

/**
 * Launches tasks with Slurm: `sbatch` submits arrays, `squeue` lists the tasks that are not finished. Accounting is not needed.
 *
 * @param options options of sbatch without dashes, such as `partition=gpu`.
 */
export function slurm(options: readonly string[]): Launcher {
  return {
    name: 'slurm',
    check: async () => void (await call('sbatch', ['--version'])),
    async submit(array) {
      const output = await call('sbatch', sbatchArguments(array, options), arrayScript(array.commands));
      return output.trim().split(';')[0]!; // "id", or "id;cluster"
    },
    async queued(keys) {
      if (keys.length === 0) return [];
      return parseQueue(await call('squeue', squeueArguments(keys.map(jobName))));
    },
    cancelling: (ids) => `scancel ${ids.join(' ')}`,
  };
}

/** Runs a command of Slurm and returns its output. It has its own process group, so that Ctrl-C does not interrupt it. */
async function call(command: string, args: readonly string[], input = ''): Promise<string> {
  const result = await execa(command, args, { input, reject: false, detached: true });
  if (!result.failed) return result.stdout;
  if (result.code === 'ENOENT') {
    throw new LauncherError(
      `${command} is not on the PATH. Run this command on a machine that can submit Slurm jobs, such as a login node.`,
    );
  }
  throw new LauncherError(`${command} failed: ${result.stderr.trim() || result.shortMessage}`);
}
