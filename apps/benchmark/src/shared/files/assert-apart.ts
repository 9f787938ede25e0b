import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { overlapProblem } from '@grasp/files';
import type { NamedText } from '../data/named-text.js';
import { BenchOptionError } from '../options/bench-option-error.js';

/**
 * Refuses an output that is the folder of a model, or that would change what the command reads.
 *
 * @param inputs paths; those that do not exist are not compared, because they may be names
 * @param option its name
 * @throws BenchOptionError
 */
export async function assertApart(out: string, inputs: readonly string[], option = 'out'): Promise<void> {
  const problem = existsSync(join(out, 'config.json'))
    ? 'it is the folder of a model, since it has a config.json'
    : await overlapProblem(out, inputs);
  if (problem !== undefined)
    throw new BenchOptionError(`--${option} ${out}: ${problem}. Choose another output.`, option);
}

/** The files of texts. */
export const pathsOf = (texts: readonly NamedText[]): string[] => texts.flatMap(({ path }) => path ?? []);
