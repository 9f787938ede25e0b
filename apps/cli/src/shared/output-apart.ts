import { overlapProblem } from '@grasp/files';
import { SettingsError } from '@grasp/prune';

/**
 * Refuses an output that would change what the command reads.
 *
 * @param inputs paths; those that do not exist are not compared, because they may be names
 * @param made paths that the command makes where they do not exist, and reads
 * @param flag that names the output
 * @throws SettingsError
 */
export async function assertApart(
  out: string,
  inputs: readonly string[],
  made: readonly string[] = [],
  flag = 'out',
): Promise<void> {
  const problem = await overlapProblem(out, inputs, made);
  if (problem !== undefined)
    throw new SettingsError(`--${flag} ${out}: ${problem}. Choose another output.`, [flag]);
}
