import { loadDecoder } from '@grasp/decoder';
import type { Engine } from '@grasp/prune';
import { compare, type Finding } from './finding.js';
import { openReference } from './reference/reference-folder.js';
import { replayFold } from './replay/replay-fold.js';
import { replayGates } from './replay/replay-gates.js';
import { replayScales } from './replay/replay-scales.js';
import { tolerances } from './tolerances.js';

/** Replays a reference trace on an engine and compares all its quantities. */
export async function checkFolder(folder: string, engine: Engine): Promise<Finding[]> {
  const reference = await openReference(folder);
  try {
    const decoder = await loadDecoder(reference.checkpoint, { runtime: engine.runtime });
    try {
      const dense = await decoder.under().logits(reference.batchAt(0));
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
