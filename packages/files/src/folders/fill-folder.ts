import { cp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../errors.js';
import { sync } from '../sync.js';
import {
  DRAFT_MARKER,
  filesBelow,
  folderKind,
  markDraft,
  OUTPUT_MARKER,
  readDraftMarker,
  readOutputMarker,
} from './folder-marker.js';

/**
 * Moves a finished draft into a folder that keeps its own name: an empty one, a mount point, or an earlier output,
 * whose files are removed. The marker of the output moves last, so a folder that has it is complete.
 */
export async function fillFolder(target: string, draft: string): Promise<void> {
  const names = (await readdir(draft)).filter((name) => name !== DRAFT_MARKER && name !== OUTPUT_MARKER);
  names.push(OUTPUT_MARKER);
  const earlier = (await readOutputMarker(target)) ?? [];
  await markDraft(draft, [...new Set([...names, ...earlier])]);
  for (const name of [OUTPUT_MARKER, ...earlier]) await remove(join(target, name));
  await sync(target);
  for (const name of names) await move(join(draft, name), join(target, name));
  await sync(target);
  await removeDraft(draft);
}

/**
 * Deletes the leftovers of a killed process: its draft, and the files that it had moved from there into
 * `target`. A `target` that has become complete is kept.
 *
 * @returns false if `draft` exists and is not a draft of this program; it is then left alone
 */
export async function clearDraft(target: string, draft: string): Promise<boolean> {
  const kind = await folderKind(draft);
  if (kind === 'none') return true;
  if (kind !== 'draft' && kind !== 'empty') return false;
  const moving = (await readDraftMarker(draft)) ?? [];
  if (moving.length > 0 && (await readOutputMarker(target)) === undefined) {
    for (const name of moving) await remove(join(target, name));
  }
  await removeDraft(draft);
  return true;
}

/** Deletes a draft, its marker last: what a killed deletion leaves is still recognised. */
export async function removeDraft(draft: string): Promise<void> {
  const names = await readdir(draft).catch(() => []);
  for (const name of names) if (name !== DRAFT_MARKER) await remove(join(draft, name));
  await remove(draft);
}

const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true });

/** Renames, or copies to another file system. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    await cp(from, to, { recursive: true, force: false, errorOnExist: true, preserveTimestamps: true });
    await syncAll(to);
    await remove(from);
  }
}

/** Waits until a file, or all files of a folder, are on the disk. */
async function syncAll(path: string): Promise<void> {
  for (const file of await filesBelow(path).catch(() => [])) await sync(file);
  await sync(path);
}
