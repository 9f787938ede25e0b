import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointFile } from '@grasp/checkpoint';
import { CARD, MASK_FILE, RUN_RECORD } from '@grasp/prune';
import { RUN_REPORT } from '@grasp/report';

/** What `grasp prune` wrote beside the weights: its record, mask and report, which are copied, and its card. None elsewhere. */
export async function prunedFiles(
  path: string,
): Promise<{ readonly files: CheckpointFile[]; readonly card: string | undefined }> {
  const read = (name: string) => readFile(join(path, name)).catch(() => undefined);
  const files: CheckpointFile[] = [];
  for (const name of [RUN_RECORD, MASK_FILE, RUN_REPORT]) {
    const bytes = await read(name);
    if (bytes) files.push({ name, read: async () => bytes });
  }
  return { files, card: (await read(CARD))?.toString() };
}
