import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseJson } from '@grasp/files';
import { SettingsError } from '@grasp/prune';
import type { Accuracy } from '@grasp/report';
import * as z from 'zod';

const score = z
  .object({ value: z.number(), standardError: z.number().optional() })
  .transform(({ value, standardError }) => ({
    value,
    ...(standardError === undefined ? {} : { standardError }),
  }));

/** The part of the output of `grasp eval tasks --json` that a report shows. */
const evaluation = z.object({
  model: z.string(),
  tasks: z
    .array(z.object({ task: z.string(), items: z.number(), acc: score, accNorm: score.optional() }))
    .min(1),
});

/**
 * Reads the accuracy of a model from an output of `grasp eval tasks --json`.
 *
 * @throws SettingsError if the file holds something else.
 */
export async function readAccuracy(path: string): Promise<Accuracy> {
  let found: z.infer<typeof evaluation>;
  try {
    found = evaluation.parse(parseJson(await readFile(path, 'utf8')));
  } catch {
    if (!existsSync(path))
      throw new SettingsError(`--accuracy ${path}: there is no such file.`, ['accuracy']);
    throw new SettingsError(`${path}: it is not an output of "grasp eval tasks --json".`, ['accuracy']);
  }
  const tasks = found.tasks.map(({ accNorm, ...task }) => ({ ...task, ...(accNorm ? { accNorm } : {}) }));
  return { model: basename(found.model), tasks };
}
