import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { type GgufFileType, writeGguf } from '@grasp/export';
import { isGgufFile } from '../../../shared/models/is-gguf-file.js';

/**
 * Returns a model as a GGUF file. A GGUF file is returned unchanged unless `type` is given. Other models are written to
 * `scratch`.
 *
 * @param type default: the type of a file, `f16` for a folder.
 */
export async function asGguf(
  model: string,
  type: GgufFileType | undefined,
  scratch: string,
  name: string,
): Promise<string> {
  if (type === undefined && isGgufFile(model)) return model;
  const file = join(scratch, `${name}.gguf`);
  const checkpoint = await openCheckpoint(model);
  try {
    await writeGguf(checkpoint, file, { type: type ?? 'f16' });
  } finally {
    await checkpoint.close();
  }
  return file;
}
