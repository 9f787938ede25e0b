import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReferenceFormatError } from './reference-format-error.js';

/** A reference: a folder with a trace, or a file with projections, which needs no engine. */
export interface Found {
  readonly path: string;
  readonly kind: 'trace' | 'projections';
}

const isTrace = (folder: string): boolean => existsSync(join(folder, 'trace.json'));

/**
 * Finds the references at a path. The path is a projection file, a folder with a trace.json, or a folder that contains
 * such folders and files named projection*.json.
 *
 * @throws ReferenceFormatError if there are none.
 */
export async function findReferences(path: string): Promise<Found[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new ReferenceFormatError(path, 'the file or folder does not exist');
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
    throw new ReferenceFormatError(path, 'it contains neither trace.json nor folders with a trace.json');
  return references;
}
