import { lstat, mkdir, realpath, rename, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { codeOf, FileWriteError, naming } from '../errors.js';
import { acquireLock, type Claimant, releaseLockOf } from '../lock.js';
import { sync } from '../sync.js';
import { clearDraft, fillFolder, removeDraft } from './fill-folder.js';
import {
  type FolderKind,
  filesBelow,
  folderKind,
  foreignPaths,
  markDraft,
  markOutput,
  readOutputMarker,
  removeDraftMarker,
} from './folder-marker.js';

/** A folder that is complete when it has its final name. */
export interface OutputFolder {
  readonly path: string;
  /** Where to write until `commit`: on the same disk as `path`. */
  readonly work: string;
  /** Writes everything through to the disk, gives it the final name, and ends the claim. */
  commit(): Promise<void>;
  /** Deletes what was written, and ends the claim. */
  discard(): Promise<void>;
}

/** Name of the work folder inside a folder that exists. */
const INNER_WORK = '.grasp-partial';
/** What may be in a folder that counts as empty: our work folder, and what a new ext4 file system has. */
const NOT_CONTENT = [INNER_WORK, 'lost+found'];

/**
 * Claims a folder for writing. One claim at a time: a second one fails while the process of the first runs. Deletes
 * what a killed process left behind, which it recognises by a marker inside, and the files of an earlier output. Nothing
 * else is ever deleted.
 *
 * A folder that does not exist is written as `path.partial` and renamed. An empty one, a mount point for instance,
 * keeps its place: the work folder is inside, and the files move out of it on `commit`. If `path` is a link to a
 * folder, that folder is claimed.
 *
 * @param overwrite replace an earlier output
 * @throws FileWriteError: `overwrite` for an earlier output without that option; `exists` for a folder with other content,
 *   for an earlier output with files of somebody else, and for `path.partial` or `path.replaced` of somebody else;
 *   `in-use`; `permission`, `disk-full`, `io`
 */
export async function claimOutputFolder(
  path: string,
  { overwrite = false }: { readonly overwrite?: boolean } = {},
): Promise<OutputFolder> {
  const target = await naming(path, () => targetOf(path));
  const old = `${target}.replaced`;
  const release = await naming(path, async () => {
    await mkdir(dirname(target), { recursive: true });
    return acquireLock(`${target}.lock`);
  });
  let work: string;
  try {
    work = await naming(path, () => prepare(target, old, overwrite));
  } catch (error) {
    await release();
    throw error;
  }
  return {
    path: target,
    work,
    commit: () =>
      naming(path, async () => {
        await markOutput(work);
        await syncTree(work);
        await publish(target, work, old, overwrite);
        await release();
      }),
    discard: () =>
      naming(path, async () => {
        await removeDraft(work);
        await release();
      }),
  };
}

/**
 * Deletes an earlier output. What a killed process leaves of it is removed by the next claim.
 *
 * @throws FileWriteError: `exists` for anything that is not an output of this program alone; `in-use`; `permission`, `io`
 */
export async function removeOutputFolder(path: string): Promise<void> {
  await naming(path, async () => {
    const target = await targetOf(path);
    const release = await acquireLock(`${target}.lock`);
    try {
      const draft = `${target}.partial`;
      await restore(target, `${target}.replaced`);
      if (!(await clearDraft(target, draft))) throw notOurs(target, draft);
      const kind = await folderKind(target, NOT_CONTENT);
      checkFree(target, kind, true);
      if (kind !== 'output') return;
      await checkAllOurs(target);
      await markDraft(target); // from here on it may be deleted, under either name
      await rename(target, draft).catch(async (error: unknown) => {
        await removeDraftMarker(target);
        throw error;
      });
      await removeDraft(draft);
    } finally {
      await release();
    }
  });
}

/**
 * Ends the claim of a process that is known to have ended, perhaps on another machine, where a new claim cannot find
 * that out. Leaves the claim of any other process.
 *
 * @throws FileWriteError
 */
export function releaseOutputFolder(path: string, claimant: Claimant): Promise<void> {
  return naming(path, async () => releaseLockOf(claimant, `${await targetOf(path)}.lock`));
}

/** The folder that a path names: the path itself, or the target of a link. */
async function targetOf(path: string): Promise<string> {
  const target = resolve(path);
  const info = await lstat(target).catch(() => undefined);
  if (!info?.isSymbolicLink()) return target;
  return realpath(target).catch(() => {
    throw new FileWriteError(
      path,
      'exists',
      'it is a link that leads nowhere. Remove it, or choose another name.',
    );
  });
}

/** Clears leftovers, checks that the target is free, and creates the work folder. Returns its path. */
async function prepare(target: string, old: string, overwrite: boolean): Promise<string> {
  const outer = `${target}.partial`;
  const inner = join(target, INNER_WORK);
  await restore(target, old);
  for (const draft of [inner, outer]) {
    if (!(await clearDraft(target, draft))) throw notOurs(target, draft);
  }
  const kind = await folderKind(target, NOT_CONTENT);
  checkFree(target, kind, overwrite);
  if (kind === 'output') await checkAllOurs(target);
  if (kind === 'output' && !(await clearDraft(target, old))) throw notOurs(target, old);
  const inside = kind === 'empty' || (kind === 'output' && (await isMountPoint(target)));
  const work = inside ? inner : outer;
  await mkdir(work);
  try {
    await markDraft(work);
  } catch (error) {
    await rmdir(work).catch(() => {}); // the disk may be full: leave no folder that nobody can explain
    throw error;
  }
  return work;
}

/** Puts an earlier output back that was about to be replaced, or was aside, when a process was killed. */
async function restore(target: string, old: string): Promise<void> {
  const isOutput = async (path: string) =>
    ['output', 'draft'].includes(await folderKind(path)) && (await readOutputMarker(path)) !== undefined;
  if ((await folderKind(target)) === 'none' && (await isOutput(old))) await rename(old, target);
  if (await isOutput(target)) await removeDraftMarker(target);
}

/** An earlier output is replaced as a whole, so it must hold nothing else. */
async function checkAllOurs(target: string): Promise<void> {
  const foreign = await foreignPaths(target, NOT_CONTENT);
  if (foreign.length === 0) return;
  const more = foreign.length > 3 ? `, and ${foreign.length - 3} more` : '';
  const detail = `the earlier output there also holds ${foreign.slice(0, 3).join(', ')}${more}, which it did not come with. Move that away, or choose another name.`;
  throw new FileWriteError(target, 'exists', detail);
}

function notOurs(target: string, path: string): FileWriteError {
  const detail = `${path} is in the way, and was not made by this program. Move it, or choose another name.`;
  return new FileWriteError(target, 'exists', detail);
}

function checkFree(target: string, kind: FolderKind, overwrite: boolean): void {
  if (kind === 'none' || kind === 'empty' || (kind === 'output' && overwrite)) return;
  const detail = {
    output: 'an earlier output is there. Set "overwrite" to replace it, or choose another name.',
    file: 'a file of that name is there. Choose another name.',
    draft: 'it is the unfinished output of another run. Choose another name.',
    other: 'it is not empty, and not an earlier output. Choose another name.',
  }[kind];
  throw new FileWriteError(target, kind === 'output' ? 'overwrite' : 'exists', detail);
}

/** Gives the work folder the final name, or moves its files into a folder that has the name. */
async function publish(target: string, work: string, old: string, overwrite: boolean): Promise<void> {
  const kind = await folderKind(target, NOT_CONTENT); // anything may have appeared since the claim
  checkFree(target, kind, overwrite);
  if (kind === 'output') await checkAllOurs(target);
  if (kind === 'empty' || work === join(target, INNER_WORK)) return fillFolder(target, work);
  if (kind === 'output') {
    await markDraft(target); // from here on it may be deleted, under either name
    try {
      await rename(target, old);
    } catch (error) {
      await removeDraftMarker(target);
      if (!['EBUSY', 'EXDEV'].includes(codeOf(error))) throw error;
      return fillFolder(target, work); // a mount point
    }
  }
  try {
    await rename(work, target);
  } catch (error) {
    if (kind === 'output') await restore(target, old);
    throw error;
  }
  await removeDraftMarker(target);
  await sync(target);
  await sync(dirname(target));
  if (kind === 'output') await removeDraft(old);
}

/** Whether a folder is on another file system than the folder it is in. */
async function isMountPoint(path: string): Promise<boolean> {
  return (await stat(path)).dev !== (await stat(dirname(path))).dev;
}

async function syncTree(folder: string): Promise<void> {
  const files = await filesBelow(folder);
  for (const file of files) await sync(file);
  for (const directory of new Set([...files.map((file) => dirname(file)), folder])) await sync(directory);
}
