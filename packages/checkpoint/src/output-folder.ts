import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { CheckpointWriteError } from './errors.js';
import { acquireLock, type Claimant, LockHeldError, releaseLockOf } from './file-lock.js';

/** Marks a folder as one that was written here and may be replaced: a list of its files with their sizes. */
const OUTPUT_MARKER = 'grasp-output.json';

/** A folder that appears under its final name only when it is complete. */
export interface OutputFolder {
  readonly path: string;
  /** Where to write meanwhile: beside `path`, on the same disk. */
  readonly work: string;
  /** Flushes everything to disk, gives the folder its final name, and releases it. */
  commit(): Promise<void>;
  /** Removes what was written, and releases it. */
  discard(): Promise<void>;
}

/**
 * Claims a folder for writing. One claim at a time: a second one fails while the process of the first lives.
 * What a killed process left behind is cleared.
 *
 * @param overwrite replace a folder that was written here before
 * @throws CheckpointWriteError: `exists` for a folder with something else in it, or without `overwrite`; `in-use`;
 *   `permission`, `disk-full`, `io`
 */
export async function claimOutputFolder(
  path: string,
  { overwrite = false }: { readonly overwrite?: boolean } = {},
): Promise<OutputFolder> {
  const target = resolve(path);
  const work = `${target}.partial`;
  const old = `${target}.replaced`;
  const release = await guard(path, async () => {
    await mkdir(dirname(target), { recursive: true });
    return acquireLock(`${target}.lock`);
  });
  try {
    await guard(path, async () => {
      // A process killed between the two renames of a replacement leaves the former folder aside.
      if (!(await exists(target)) && (await exists(old))) await rename(old, target);
      await checkFree(target, overwrite);
      await rm(work, { recursive: true, force: true });
      await rm(old, { recursive: true, force: true });
      await mkdir(work);
    });
  } catch (error) {
    await release();
    throw error;
  }
  return {
    path: target,
    work,
    commit: () =>
      guard(path, async () => {
        await mark(work);
        await flushTree(work);
        await replace(target, work, old);
        await flush(dirname(target));
        await release();
      }),
    discard: () =>
      guard(path, async () => {
        await rm(work, { recursive: true, force: true });
        await release();
      }),
  };
}

/**
 * Ends the claim of a process that is known to have ended, killed on another machine perhaps, where a claim cannot
 * find that out. The claim of any other process stands.
 *
 * @throws CheckpointWriteError
 */
export function releaseOutputFolder(path: string, claimant: Claimant): Promise<void> {
  return guard(path, () => releaseLockOf(claimant, `${resolve(path)}.lock`));
}

/** Turns a system error on writing into a typed one that names the output; any other error comes back as it is. */
export function writeError(path: string, error: unknown): Error {
  if (error instanceof LockHeldError) {
    return new CheckpointWriteError(path, 'in-use', `another run writes there: ${error.message}`, {
      cause: error,
    });
  }
  if (error instanceof Error && !('errno' in error)) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const detail = error instanceof Error ? error.message : String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new CheckpointWriteError(path, 'disk-full', `the disk is full (${detail}). Free some space.`, {
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const hint = `no permission (${detail}). Choose a folder you may write to.`;
    return new CheckpointWriteError(path, 'permission', hint, { cause: error });
  }
  return new CheckpointWriteError(path, 'io', detail, { cause: error });
}

async function guard<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw writeError(path, error);
  }
}

async function checkFree(target: string, overwrite: boolean): Promise<void> {
  if (!(await exists(target))) return;
  if (!(await stat(target)).isDirectory()) {
    throw new CheckpointWriteError(target, 'exists', 'a file of that name is there. Choose another name.');
  }
  const names = await readdir(target);
  if (names.length === 0) return;
  if (!names.includes(OUTPUT_MARKER)) {
    const detail = 'it is not empty, and not an earlier output (those are the only folders ever replaced).';
    throw new CheckpointWriteError(target, 'exists', detail);
  }
  if (!overwrite) {
    throw new CheckpointWriteError(
      target,
      'exists',
      'an earlier output is there. Ask to overwrite, or choose another.',
    );
  }
}

/** Gives `work` the name `target`; what had it is removed after, or gets it back if that fails. */
async function replace(target: string, work: string, old: string): Promise<void> {
  const replaced = await exists(target);
  if (replaced) await rename(target, old);
  try {
    await rename(work, target);
  } catch (error) {
    if (replaced) await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

async function mark(folder: string): Promise<void> {
  const files: Record<string, number> = {};
  for (const path of (await filesBelow(folder)).sort()) {
    files[relative(folder, path).replaceAll('\\', '/')] = (await stat(path)).size;
  }
  await writeFile(join(folder, OUTPUT_MARKER), `${JSON.stringify({ files }, null, 2)}\n`);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function flushTree(folder: string): Promise<void> {
  const files = await filesBelow(folder);
  for (const file of files) await flush(file);
  for (const directory of new Set([...files.map(dirname), folder])) await flush(directory);
}

/** Waits until a file or folder is on the disk. Windows has no such thing for folders. */
async function flush(path: string): Promise<void> {
  if (process.platform === 'win32' && (await stat(path)).isDirectory()) return;
  const handle = await open(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
