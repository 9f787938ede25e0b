import { existsSync } from 'node:fs';
import type { Checkpoint } from './checkpoint.js';
import { CheckpointMissingError, CheckpointUnsupportedError } from './errors.js';
import { isFolder, openFolder } from './folder/open-folder.js';
import { openGguf } from './gguf/open-gguf.js';

export interface OpenOptions {
  /** Threads that dequantise a GGUF file. Default: one for each core, at most eight. */
  readonly threads?: number | undefined;
}

/**
 * Opens a model: a Hugging Face folder, or a `.gguf` file. Checks the headers. `read` reads a tensor.
 *
 * @throws CheckpointMissingError if nothing is at `path`, or a part of the model is missing
 * @throws CheckpointFormatError if a file is damaged or inconsistent
 * @throws CheckpointUnsupportedError if a dtype, architecture or format is not supported
 * @throws CheckpointReadError if the system refuses to read
 */
export async function openCheckpoint(path: string, { threads }: OpenOptions = {}): Promise<Checkpoint> {
  if (await isFolder(path)) return openFolder(path);
  if (!existsSync(path)) throw new CheckpointMissingError(path, 'there is no such file or folder.');
  if (path.toLowerCase().endsWith('.gguf')) return openGguf(path, threads);
  throw new CheckpointUnsupportedError(path, 'this kind of file', [
    'a Hugging Face model folder',
    'a .gguf file',
  ]);
}
