import { stat } from 'node:fs/promises';
import { loadDecoder } from '@grasp/decoder';
import type { Engine } from '@grasp/prune';
import { compare, type Finding } from './finding.js';
import { checkProjections } from './projections.js';
import { openReference } from './reference-folder.js';
import { ReferenceFormatError } from './reference-format-error.js';
import { replayFold } from './replay-fold.js';
import { replayGates } from './replay-gates.js';
import { replayScales } from './replay-scales.js';
import { tolerances } from './tolerances.js';

/** Whether a path is a file of projections, which needs no engine, rather than a folder with a model. */
export async function isProjectionFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new ReferenceFormatError(path, 'there is no such file or folder');
  return found.isFile();
}

/** Replays a reference folder on an engine. */
export async function checkFolder(folder: string, engine: Engine): Promise<Finding[]> {
  const reference = await openReference(folder);
  try {
    const decoder = await loadDecoder(reference.checkpoint, { runtime: engine.runtime });
    try {
      const dense = await decoder.logits(reference.batchAt(0));
      return [
        compare('dense logits', dense, await reference.logits('dense_logits_batch0'), tolerances.logits),
        ...(await replayGates(reference, decoder)),
        ...(await replayScales(reference, decoder)),
        ...(await replayFold(reference, decoder, engine)),
      ];
    } finally {
      decoder.dispose();
    }
  } finally {
    await reference.close();
  }
}

export { checkProjections };
