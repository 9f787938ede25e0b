import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, writeCheckpoint } from '@grasp/checkpoint';
import { LAYER_SHAPES_KEY } from '@grasp/decoder';
import { forTransformers } from '@grasp/export';

/**
 * Calls `work` with a folder that transformers can load. GGUF files and folders that need remote code are first written to
 * a temporary folder, which is removed afterwards.
 *
 * Python files of the model never run. If layers have different widths, `trustRemoteCode` is true and the code is that of
 * `@grasp/export`.
 */
export async function withTransformersFolder<Result>(
  path: string,
  checkpoint: Checkpoint,
  work: (folder: string, trustRemoteCode: boolean) => Promise<Result>,
): Promise<Result> {
  if ((await stat(path)).isDirectory() && loadsAsItIs(checkpoint)) return work(path, false);
  const folder = await mkdtemp(join(tmpdir(), 'grasp-transformers-'));
  try {
    const view = forTransformers(checkpoint);
    await writeCheckpoint(view, join(folder, 'model'));
    return await work(join(folder, 'model'), 'auto_map' in view.config);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function loadsAsItIs({ config }: Checkpoint): boolean {
  return !('auto_map' in config || LAYER_SHAPES_KEY in config);
}
