import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { SettingsError } from '@grasp/prune';
import type { Accuracy } from '@grasp/report';
import * as z from 'zod';

const score = z
  .object({ value: z.number(), standardError: z.number().optional() })
  .transform(({ value, standardError }) => ({
    value,
    ...(standardError === undefined ? {} : { standardError }),
  }));

/** The part of `grasp eval tasks --json` that a report shows. */
const evaluation = z.object({
  model: z.string(),
  tasks: z
    .array(z.object({ task: z.string(), items: z.number(), acc: score, accNorm: score.optional() }))
    .min(1),
});

/**
 * Accuracy of a model, from a file that `grasp eval tasks --json` was written to.
 *
 * @throws SettingsError if it is something else.
 */
export async function readAccuracy(path: string): Promise<Accuracy> {
  let found: z.infer<typeof evaluation>;
  try {
    found = evaluation.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    throw new SettingsError(`${path} is not what "grasp eval tasks --json" writes.`, ['accuracy']);
  }
  const tasks = found.tasks.map(({ accNorm, ...task }) => ({ ...task, ...(accNorm ? { accNorm } : {}) }));
  return { model: basename(found.model), tasks };
}
