import { mkdir } from 'node:fs/promises';
import { writeError } from '@grasp/files';

/**
 * Creates a folder, and those it lies in, unless it exists.
 *
 * @throws FileWriteError
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw writeError(path, error);
  }
}
