import { existsSync } from 'node:fs';
import type { Checkpoint } from './checkpoint.js';
import { CheckpointMissingError, CheckpointUnsupportedError } from './errors.js';
import { isFolder, openFolder } from './folder/open-folder.js';
import { openGguf } from './gguf/open-gguf.js';

/**
 * Opens a model: a Hugging Face folder, or a `.gguf` file. Headers are checked now, tensors read when asked for.
 *
 * @throws CheckpointMissingError when nothing is at `path` or a part of it is missing
 * @throws CheckpointFormatError when a file is damaged or inconsistent
 * @throws CheckpointUnsupportedError when a dtype, architecture or format is not one this package reads
 * @throws CheckpointReadError when the system refuses
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  if (await isFolder(path)) return openFolder(path);
  if (!existsSync(path)) throw new CheckpointMissingError(path, 'there is no such file or folder.');
  if (path.toLowerCase().endsWith('.gguf')) return openGguf(path);
  throw new CheckpointUnsupportedError(path, 'this kind of file', [
    'a Hugging Face model folder',
    'a .gguf file',
  ]);
}
