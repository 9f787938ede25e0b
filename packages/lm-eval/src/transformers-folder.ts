import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, writeCheckpoint } from '@grasp/checkpoint';
import { LAYER_SHAPES_KEY } from '@grasp/decoder';
import { forTransformers } from '@grasp/export';

/**
 * Hands `work` a folder of the model that transformers loads: its own, or where that is a GGUF file, or pruned and
 * without a modelling file, one written for the purpose and removed afterwards.
 */
export async function withTransformersFolder<Result>(
  path: string,
  checkpoint: Checkpoint,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  if ((await stat(path)).isDirectory() && loadsAsItIs(checkpoint)) return work(path);
  const folder = await mkdtemp(join(tmpdir(), 'grasp-transformers-'));
  try {
    await writeCheckpoint(forTransformers(checkpoint), join(folder, 'model'));
    return await work(join(folder, 'model'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function loadsAsItIs({ config }: Checkpoint): boolean {
  return 'auto_map' in config || !(LAYER_SHAPES_KEY in config);
}
