import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '@grasp/files';

/** What tells a cell from all others. */
export interface CellKey {
  /** What it is, fit for a file name. */
  readonly name: string;
  /** Everything that decides it. */
  readonly inputs: unknown;
}

/** A finished cell. */
export interface StoredCell {
  /** What computed it. Absent in cells of earlier releases. */
  readonly engine?: string;
  readonly seconds: number;
  readonly value: unknown;
}

/**
 * Results on disk, a file each, named by what they are and by a hash of everything that decides them: a cell is
 * computed once, and other settings, data or weights make another cell.
 */
export class CellStore {
  constructor(readonly folder: string) {}

  async read(key: CellKey): Promise<StoredCell | undefined> {
    const text = await readFile(join(this.folder, fileOf(key)), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as StoredCell);
  }

  /** Writes a cell whole or not at all, while other processes may write the same one. */
  async write(key: CellKey, cell: StoredCell): Promise<void> {
    const path = join(this.folder, fileOf(key));
    await mkdir(this.folder, { recursive: true });
    await replaceFile(path, `${JSON.stringify({ inputs: key.inputs, ...cell }, null, 2)}\n`);
  }

  /** Whether all of them are finished. Asks the folder, as a network file system remembers that a file was not there. */
  async hasAll(keys: readonly CellKey[]): Promise<boolean> {
    const names = new Set(await readdir(this.folder).catch(() => []));
    return keys.every((key) => names.has(fileOf(key)));
  }
}

const fileOf = ({ name, inputs }: CellKey): string => `${name}-${hashOf(inputs)}.json`;

/** Short hash of a JSON value, whatever the order of its keys. */
export function hashOf(value: unknown): string {
  const sorted = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return createHash('sha256').update(sorted).digest('hex').slice(0, 12);
}
