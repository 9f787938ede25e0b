import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '@grasp/files';

/** Writes text files by name into a folder, each whole or not at all. Creates the folder if it is missing. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await replaceFile(join(folder, name), content);
  }
}
