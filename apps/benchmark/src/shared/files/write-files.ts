import { join } from 'node:path';
import { replaceFile } from '@grasp/files';
import { makeFolder } from './make-folder.js';

/**
 * Writes text files by name into a folder, each whole or not at all. Creates the folder if it is missing.
 *
 * @throws FileWriteError
 */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await makeFolder(folder);
  for (const [name, content] of Object.entries(files)) {
    await replaceFile(join(folder, name), content);
  }
}
