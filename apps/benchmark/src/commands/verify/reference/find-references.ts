import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReferenceFormatError } from './reference-format-error.js';

/** What a path leads to: folders with a traced model, and files of projections, which need no engine. */
export interface Found {
  readonly path: string;
  readonly kind: 'trace' | 'projections';
}

const isTrace = (folder: string): boolean => existsSync(join(folder, 'trace.json'));

/**
 * The references at a path: the file, the folder, or those that a folder of references holds (each folder with a
 * trace.json, each file projection*.json).
 *
 * @throws ReferenceFormatError where there is none.
 */
export async function findReferences(path: string): Promise<Found[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new ReferenceFormatError(path, 'there is no such file or folder');
  if (found.isFile()) return [{ path, kind: 'projections' }];
  if (isTrace(path)) return [{ path, kind: 'trace' }];
  const inside = (await readdir(path)).sort().map((name) => ({ name, path: join(path, name) }));
  const references = [
    ...inside
      .filter((child) => isTrace(child.path))
      .map((child) => ({ path: child.path, kind: 'trace' as const })),
    ...inside
      .filter(({ name }) => /^projection.*\.json$/.test(name))
      .map((child) => ({ path: child.path, kind: 'projections' as const })),
  ];
  if (references.length === 0)
    throw new ReferenceFormatError(path, 'it holds no trace.json, nor folders that do');
  return references;
}
