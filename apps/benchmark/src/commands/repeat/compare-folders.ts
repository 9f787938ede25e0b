import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { digestOf, sizeOf } from '@grasp/download';

/** A file in two folders. */
export interface ComparedFile {
  readonly name: string;
  /** Bytes in the first folder; undefined if it is only in the second. */
  readonly bytes: number | undefined;
  readonly equal: boolean;
}

/** Compares the files of two folders by name and content. */
export async function compareFolders(a: string, b: string): Promise<ComparedFile[]> {
  const [inA, inB] = [new Set(await filesIn(a)), new Set(await filesIn(b))];
  const compared: ComparedFile[] = [];
  for (const name of [...new Set([...inA, ...inB])].sort()) {
    const hashIn = (folder: string) => digestOf(join(folder, name), 'sha256');
    const equal = inA.has(name) && inB.has(name) && (await hashIn(a)) === (await hashIn(b));
    compared.push({ name, bytes: inA.has(name) ? await sizeOf(join(a, name)) : undefined, equal });
  }
  return compared;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
