import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { renameDurably, sync, withLock } from '@grasp/files';
import { DownloadError } from './errors.js';
import { type Digest, digestOf, isDiskFull, sizeOf } from './files.js';

/** A file whose length and hash are known. */
export interface PinnedFile {
  readonly bytes: number;
  readonly digest: Digest;
}

/** A place that has a pinned file. */
export interface FileSource {
  /** For messages. */
  readonly name: string;
  /** Appends the missing bytes to the partial file. It may hold what another source delivered. */
  readonly receive: (partial: string) => Promise<void>;
}

export interface FetchFileOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes whose hash is computed. */
  readonly onVerify?: (done: number, total: number) => void;
  /** Called when a source fails and the next one is asked. */
  readonly onFailure?: (source: string, failure: DownloadError) => void;
}

/**
 * Fetches a file to `target` from the first source that delivers it. The file has that name when it is complete, its
 * hash is right, and it is on the disk. Until then it is `target.partial`, which stays for the next source and the next
 * run. If several processes call this, one fetches and the others wait. A file that exists is left alone.
 *
 * @throws DownloadError of the only source; of several: the first one's problem, with the reasons of all
 * @throws DownloadError ('disk-full') at once, without asking further sources
 */
export async function fetchFile(
  file: PinnedFile,
  target: string,
  sources: readonly FileSource[],
  options: FetchFileOptions = {},
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const isDone = () => {
    options.signal?.throwIfAborted();
    return existsSync(target);
  };
  await withLock(`${target}.lock`, isDone, async () => {
    const partial = `${target}.partial`;
    const failures: DownloadError[] = [];
    for (const source of sources) {
      try {
        await receiveVerified(file, partial, source, options);
        await sync(partial);
        await renameDurably(partial, target);
        return;
      } catch (error) {
        if (isDiskFull(error)) throw diskFull(target, error);
        options.signal?.throwIfAborted();
        if (!(error instanceof DownloadError) || error.problem === 'disk-full') throw error;
        failures.push(error);
        if (source !== sources.at(-1)) options.onFailure?.(source.name, error);
      }
    }
    throw failed(failures);
  });
}

async function receiveVerified(
  { bytes, digest }: PinnedFile,
  partial: string,
  source: FileSource,
  { onVerify }: FetchFileOptions,
): Promise<void> {
  await source.receive(partial);
  const found = await sizeOf(partial);
  if (found !== bytes) throw await discard(source.name, partial, `${found} bytes, expected ${bytes}`);
  const hex = await digestOf(partial, digest.algorithm, (done) => onVerify?.(done, bytes));
  if (hex !== digest.hex)
    throw await discard(source.name, partial, `its hash is ${hex}, expected ${digest.hex}`);
}

/** Removes the partial file, because it is not the expected one. */
export async function discard(source: string, partial: string, found: string): Promise<DownloadError> {
  await rm(partial, { force: true });
  return new DownloadError(
    'hash-mismatch',
    `What ${source} delivers is not the expected file: ${found}. It was discarded.`,
    'Try again. If it happens twice, a proxy or a mirror alters downloads.',
  );
}

function failed(failures: readonly DownloadError[]): DownloadError {
  const [first] = failures;
  if (first === undefined) throw new RangeError('no source was given');
  if (failures.length === 1) return first;
  const reasons = failures.map(({ reason }) => reason).join(' ');
  return new DownloadError(first.problem, reasons, first.remedy, { cause: failures });
}

function diskFull(target: string, cause: unknown): DownloadError {
  return new DownloadError(
    'disk-full',
    `No space was left for ${target}.`,
    'Free some space and run again: the part received so far is kept.',
    { cause },
  );
}
