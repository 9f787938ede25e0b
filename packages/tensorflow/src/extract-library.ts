import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import type { LibraryFiles } from './builds.js';
import { TensorFlowSetupError } from './errors.js';
import { renameInPlace, sync } from './files.js';
import type { OnProgress } from './progress.js';

/** Between a folder's name and the process id, while it is being filled. */
export const partialMark = '.partial-';

/**
 * Extracts the two libraries of a wheel to `folder`. They are written beside it and synced, and the folder gets
 * its name last: it is either complete or not there.
 *
 * @throws TensorFlowSetupError ('bad-wheel') where the wheel lacks one
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
  const zip = await yauzl.openPromise(wheel, { autoClose: false });
  try {
    const wanted = new Set([`tensorflow/${files.framework}`, `tensorflow/${files.cc}`]);
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) if (wanted.has(entry.fileName)) entries.push(entry);
    if (entries.length !== wanted.size) {
      throw new TensorFlowSetupError(
        'bad-wheel',
        `The wheel ${wheel} does not contain ${[...wanted].join(' and ')}.`,
        'It is not the TensorFlow this package was made for; delete it and fetch again.',
      );
    }
    const total = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
    let done = 0;
    for (const entry of entries) {
      const target = path.join(partial, path.basename(entry.fileName));
      await extractEntry(zip, entry, target, (bytes) => {
        done += bytes;
        onProgress?.({ stage: 'extract', done, total });
      });
    }
    await sync(partial);
    await renameInPlace(partial, folder);
  } finally {
    zip.close();
    await rm(partial, { recursive: true, force: true });
  }
}

async function extractEntry(
  zip: ZipFile,
  entry: Entry,
  target: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  // yauzl checks the length of what it inflates against the entry's.
  await pipeline(await zip.openReadStreamPromise(entry), count, createWriteStream(target));
  await sync(target);
}
