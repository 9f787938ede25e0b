import { randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, takenError, writeError } from './errors.js';
import { sync } from './sync.js';

/** A file while it is written. */
export interface Draft {
  /** Its temporary name, in the folder of the final one. */
  readonly path: string;
  /** Appends bytes. */
  append(data: ArrayBufferView): Promise<void>;
}

export interface ReplaceOptions {
  /** Replace a file that exists. Default true. */
  readonly overwrite?: boolean;
  /** Reads the complete draft back before it gets its final name. Throws if the content is wrong. */
  readonly verify?: (draft: string) => Promise<void>;
}

/** One write of 2 GiB or more throws. */
const CHUNK_BYTES = 64 * 2 ** 20;

/**
 * Writes a file whole or not at all: into a draft in the same folder, which is synced and then renamed. Readers see
 * the earlier content or the new one. The draft's name is random, so no two writers share one, and a link that
 * waits under a known name is not followed. A failed write removes the draft and leaves `path` as it was.
 *
 * @throws FileWriteError: `disk-full`, `permission`, `overwrite` (a file is there, and the option is not set), `io`
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: Pick<ReplaceOptions, 'overwrite'> = {},
): Promise<void> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  await replaceFileWith(path, (draft) => draft.append(bytes), options);
}

/**
 * As `replaceFile`, for content that is produced piece by piece.
 *
 * @param write appends the content
 * @returns what `write` returns
 * @throws FileWriteError; what `write` and `verify` throw
 */
export async function replaceFileWith<Result>(
  path: string,
  write: (draft: Draft) => Promise<Result>,
  { overwrite = true, verify }: ReplaceOptions = {},
): Promise<Result> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.partial`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(draft, 'wx'); // fails if the name exists, as a link or otherwise
    const result = await write({ path: draft, append: (data) => append(handle!, data) });
    await handle.sync();
    await handle.close();
    handle = undefined;
    await verify?.(draft);
    await (overwrite ? rename(draft, path) : renameToFree(draft, path));
    await sync(dirname(path));
    return result;
  } catch (error) {
    await handle?.close().catch(() => {});
    await rm(draft, { force: true }).catch(() => {}); // the first error is the one to report
    throw writeError(path, error);
  }
}

/**
 * Removes the drafts that killed writers of `path` left behind. Call it only while no other process can write `path`,
 * under its lock.
 */
export async function removeDrafts(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) {
    const isDraft =
      entry.isFile() &&
      entry.name.startsWith(prefix) &&
      /^[0-9a-f]{16}\.partial$/.test(entry.name.slice(prefix.length));
    if (isDraft) await rm(join(folder, entry.name), { force: true });
  }
}

async function append(handle: FileHandle, data: ArrayBufferView): Promise<void> {
  for (let at = 0; at < data.byteLength; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, data.byteLength - at);
    const chunk = new Uint8Array(data.buffer, data.byteOffset + at, length);
    for (let done = 0; done < length; ) {
      done += (await handle.write(chunk, done, length - done)).bytesWritten;
    }
  }
}

/** Renames, unless the name is taken. */
async function renameToFree(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path); // atomic, which a look followed by a rename is not
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw takenError(path);
    // The file system has no hard links.
    if (await lstat(path).catch(() => undefined)) throw takenError(path);
    return rename(draft, path);
  }
  await rm(draft);
}
