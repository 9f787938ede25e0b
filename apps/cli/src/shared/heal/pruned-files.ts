import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointFile } from '@grasp/checkpoint';
import { CARD, MASK_FILE, RUN_RECORD } from '@grasp/prune';

/** What `grasp prune` wrote beside the weights: its record and mask, which are copied, and its card. None elsewhere. */
export async function prunedFiles(
  path: string,
): Promise<{ readonly files: CheckpointFile[]; readonly card: string | undefined }> {
  const read = (name: string) => readFile(join(path, name)).catch(() => undefined);
  const files: CheckpointFile[] = [];
  for (const name of [RUN_RECORD, MASK_FILE]) {
    const bytes = await read(name);
    if (bytes) files.push({ name, read: async () => bytes });
  }
  return { files, card: (await read(CARD))?.toString() };
}
