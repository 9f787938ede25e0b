import { lstat, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { parseJson } from '../parse-json.js';
import { replaceFile } from '../replace-file.js';

/** Marks a finished output, which may be replaced: a list of its files with their sizes, in bytes. */
export const OUTPUT_MARKER = 'grasp-output.json';
/** Marks a folder that is being filled, and may be deleted. */
export const DRAFT_MARKER = '.grasp-draft';

const DRAFT_FORMAT = 'grasp-draft';
/** What a process leaves that was killed while it wrote a file. */
const FILE_DRAFT = /\.[0-9a-f]{16}\.partial$/;
/** What a process leaves that was killed while it wrote the marker. */
const MARKER_DRAFT = /^\.grasp-draft\.[0-9a-f]{16}\.partial$/;

/**
 * What a path names: nothing, an empty folder, a folder that this program finished (`output`) or was filling (`draft`),
 * another folder, or something that is not a folder.
 */
export type FolderKind = 'none' | 'empty' | 'output' | 'draft' | 'other' | 'file';

/**
 * Looks at a folder. Only `output` and `draft` may be deleted: they have a marker inside. A link is a `file`.
 *
 * @param ignore names that do not count
 */
export async function folderKind(path: string, ignore: readonly string[] = []): Promise<FolderKind> {
  const info = await lstat(path).catch(() => undefined);
  if (info === undefined) return 'none';
  if (!info.isDirectory()) return 'file';
  const names = (await readdir(path)).filter((name) => !ignore.includes(name) && !MARKER_DRAFT.test(name));
  if (names.length === 0) return 'empty';
  if ((await readDraftMarker(path)) !== undefined) return 'draft';
  return (await readOutputMarker(path)) === undefined ? 'other' : 'output';
}

/**
 * Marks a folder as one that is being filled.
 *
 * @param moving names that are about to be replaced in the final folder, so that an interrupted move can be undone
 */
export async function markDraft(folder: string, moving: readonly string[] = []): Promise<void> {
  await replaceFile(join(folder, DRAFT_MARKER), `${JSON.stringify({ format: DRAFT_FORMAT, moving })}\n`);
}

/** The names that an interrupted move had begun to replace. Undefined if the folder is no draft. */
export async function readDraftMarker(folder: string): Promise<readonly string[] | undefined> {
  const { format, moving } = await readMarker(join(folder, DRAFT_MARKER));
  return format === DRAFT_FORMAT && Array.isArray(moving) ? moving.filter(isPlainName) : undefined;
}

/** Marks a folder as a finished output. */
export async function markOutput(folder: string): Promise<void> {
  const files: Record<string, number> = {};
  for (const path of (await filesBelow(folder)).sort()) {
    files[relative(folder, path).replaceAll('\\', '/')] = (await stat(path)).size;
  }
  delete files[DRAFT_MARKER];
  await replaceFile(join(folder, OUTPUT_MARKER), `${JSON.stringify({ files }, null, 2)}\n`);
}

/** Lists a file that was written into a finished output later as one of it. Does nothing in another folder. */
export async function addToOutput(path: string): Promise<void> {
  const marker = join(dirname(path), OUTPUT_MARKER);
  const { files } = await readMarker(marker);
  if (typeof files !== 'object' || files === null) return;
  const all = { ...files, [basename(path)]: (await stat(path)).size };
  await replaceFile(marker, `${JSON.stringify({ files: all }, null, 2)}\n`);
}

/** The top-level names of a finished output, the marker last. Undefined if the folder is none. */
export async function readOutputMarker(folder: string): Promise<readonly string[] | undefined> {
  const files = await outputFiles(folder);
  if (files === undefined) return undefined;
  const names = new Set(files.map((path) => path.split('/')[0]!));
  return [...names].filter((name) => name !== OUTPUT_MARKER && isPlainName(name)).concat(OUTPUT_MARKER);
}

/** Files and folders in a finished output that it did not come with, as paths from it. */
export async function foreignPaths(folder: string, ignore: readonly string[]): Promise<string[]> {
  const own = new Set([OUTPUT_MARKER, DRAFT_MARKER, ...((await outputFiles(folder)) ?? [])]);
  const isOwnFolder = (path: string) => [...own].some((file) => file.startsWith(`${path}/`));
  const foreign: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/');
    const isOwn = own.has(path) || FILE_DRAFT.test(path) || (entry.isDirectory() && isOwnFolder(path));
    if (!isOwn && !ignore.includes(path.split('/')[0]!)) foreign.push(path);
  }
  return foreign.sort();
}

/** The paths that the marker of a finished output lists. */
async function outputFiles(folder: string): Promise<readonly string[] | undefined> {
  const { files } = await readMarker(join(folder, OUTPUT_MARKER));
  return typeof files === 'object' && files !== null ? Object.keys(files) : undefined;
}

/** Makes a draft ready for its final name. */
export async function removeDraftMarker(folder: string): Promise<void> {
  await rm(join(folder, DRAFT_MARKER), { force: true });
}

/** Paths of all files in a folder and the folders in it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** A marker is a regular file with a JSON object. Anything else is read as an empty object. */
async function readMarker(path: string): Promise<Record<string, unknown>> {
  try {
    if (!(await lstat(path)).isFile()) return {};
    const value: unknown = parseJson(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Whether a name read from a marker stays in its folder. */
function isPlainName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}
