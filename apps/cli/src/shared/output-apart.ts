import { existsSync } from 'node:fs';
import { overlap } from '@grasp/files';
import { SettingsError } from '@grasp/prune';

const PROBLEMS = {
  same: (input: string) => `${input} is read by the same command`,
  inside: (input: string) => `it lies in ${input}, which the same command reads`,
  around: (input: string) => `it contains ${input}, which the same command reads`,
};

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
  for (const input of [...inputs.filter((path) => existsSync(path)), ...made]) {
    const found = await overlap(out, input);
    if (found === undefined) continue;
    throw new SettingsError(`--${flag} ${out}: ${PROBLEMS[found](input)}. Choose another output.`, [flag]);
  }
}
