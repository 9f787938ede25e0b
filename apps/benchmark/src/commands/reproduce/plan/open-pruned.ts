import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { decodeMask } from '@grasp/fold';
import { MASK_FILE, prunedView } from '@grasp/prune';

/** Opens a pruned model. If `unscaled`, opens a view of the dense model under the same mask, without scales. */
export async function openPruned(
  folder: string,
  dense: string,
  { unscaled = false }: { readonly unscaled?: boolean },
): Promise<Checkpoint> {
  if (!unscaled) return openCheckpoint(folder);
  const { mask } = decodeMask(await readFile(join(folder, MASK_FILE)));
  return prunedView(await openCheckpoint(dense), mask);
}
