import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { extractFromWheel } from '@grasp/download';
import { publishFolder, sync } from '@grasp/files';
import type { LibraryFiles } from './builds.js';
import type { OnProgress } from './progress.js';

/** In the name of an unfinished folder: between the final name and the process id. */
export const partialMark = '.partial-';

/**
 * Extracts the two libraries of a wheel to `folder`. They are written to another folder and synced, and that folder is
 * renamed last. `folder` is therefore complete or absent.
 *
 * @throws DownloadError ('bad-wheel') if the wheel lacks a library
 */
export async function extractLibrary(
  wheel: string,
  files: LibraryFiles,
  folder: string,
  onProgress?: OnProgress,
): Promise<void> {
  const partial = `${folder}${partialMark}${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const targets = Object.values(files).map((name) => [`tensorflow/${name}`, path.join(partial, name)]);
  try {
    await extractFromWheel(wheel, Object.fromEntries(targets), (done, total) =>
      onProgress?.({ stage: 'extract', done, total }),
    );
    await sync(partial);
    await publishFolder(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
