import { replaceFileWith } from '@grasp/files';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { DownloadError } from './errors.js';

/**
 * Extracts files of a wheel. Each is complete and on the disk when it has its name.
 *
 * @param targets path in the wheel → path to write
 * @param onBytes called with the bytes extracted so far, and of how many
 * @throws DownloadError ('bad-wheel') if the wheel lacks one of them
 * @throws FileWriteError
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
        'It is not the wheel that this release expects. Delete it and fetch it again.',
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
  await replaceFileWith(target, async (draft) => {
    // yauzl compares the length of what it inflates with that of the entry.
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      await draft.append(chunk as Buffer);
      onBytes((chunk as Buffer).length);
    }
  });
}
