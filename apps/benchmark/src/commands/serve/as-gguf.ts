import { join } from 'node:path';
import { openCheckpoint } from '@grasp/checkpoint';
import { type GgufFileType, writeGguf } from '@grasp/export';

/**
 * A model as a GGUF file: a file as it is unless another type is asked for, a folder written to `scratch`.
 *
 * @param type default: a file's own, `f16` for a folder.
 */
export async function asGguf(
  model: string,
  type: GgufFileType | undefined,
  scratch: string,
  name: string,
): Promise<string> {
  if (type === undefined && model.toLowerCase().endsWith('.gguf')) return model;
  const file = join(scratch, `${name}.gguf`);
  const checkpoint = await openCheckpoint(model);
  try {
    await writeGguf(checkpoint, file, { type: type ?? 'f16' });
  } finally {
    await checkpoint.close();
  }
  return file;
}
