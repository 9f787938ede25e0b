import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { DownloadError } from './errors.js';
import { sync } from './files.js';

/**
 * Extracts some files of a wheel, each to the path given for it, and writes them through to the disk.
 *
 * @throws DownloadError ('bad-wheel') where the wheel lacks one
 */
export async function extractFromWheel(
  wheel: string,
  targets: Readonly<Record<string, string>>,
  onBytes?: (done: number, total: number) => void,
): Promise<void> {
  const zip = await yauzl.openPromise(wheel, { autoClose: false });
  try {
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) {
      if (Object.hasOwn(targets, entry.fileName)) entries.push(entry);
    }
    const wanted = Object.keys(targets);
    if (entries.length !== wanted.length) {
      throw new DownloadError(
        'bad-wheel',
        `The wheel ${wheel} does not contain ${wanted.join(' and ')}.`,
        'It is not the one this release was made for; delete it and fetch again.',
      );
    }
    const total = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
    let done = 0;
    for (const entry of entries) {
      await extractEntry(zip, entry, targets[entry.fileName]!, (bytes) => {
        done += bytes;
        onBytes?.(done, total);
      });
    }
  } finally {
    zip.close();
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
