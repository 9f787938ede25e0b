import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OfficialError } from './official-error.js';

const FILES = ['train.py', 'eval_pruned_ppl.py', 'requirements.txt'] as const;

/** @throws OfficialError if `clone` is not a clone of the paper's repository. */
export async function checkClone(clone: string): Promise<void> {
  for (const name of FILES) {
    if ((await stat(join(clone, name)).catch(() => undefined))?.isFile()) continue;
    throw new OfficialError(
      `${clone} is not a clone of the paper's repository: ${name} is missing. Clone it first.`,
    );
  }
}
