import { join } from 'node:path';
import { openCheckpoint, writeCheckpoint } from '@grasp/checkpoint';
import { openDecoderCheckpoint } from '@grasp/decoder';
import { forTransformers } from '@grasp/export';
import { isGgufFile } from '../../../shared/models/is-gguf-file.js';

/**
 * Returns a model as a folder that vLLM reads. A GGUF file is written to `scratch`, with its values in the stored precision
 * or float32.
 */
export async function asFolder(model: string, scratch: string, name: string): Promise<string> {
  if (!isGgufFile(model)) return model;
  const folder = join(scratch, name);
  const checkpoint = await openCheckpoint(model);
  try {
    await writeCheckpoint(forTransformers(await openDecoderCheckpoint(checkpoint)), folder);
  } finally {
    await checkpoint.close();
  }
  return folder;
}
