import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A finished cell as it lies on disk. */
interface StoredCell<Value> {
  readonly inputs: unknown;
  readonly seconds: number;
  readonly value: Value;
}

/**
 * Results on disk, a file each, named by what they are and by a hash of everything that decides them: a cell is
 * computed once, and other settings, data or weights make another cell.
 */
export class CellStore {
  constructor(readonly folder: string) {}

  /** The value of a cell: from disk, else computed and written before it is returned. */
  async cell<Value>(name: string, inputs: unknown, compute: () => Promise<Value>): Promise<Value> {
    const path = join(this.folder, `${name}-${hashOf(inputs)}.json`);
    const stored = await this.read<Value>(path);
    if (stored) return stored.value;
    const start = performance.now();
    const value = await compute();
    const cell: StoredCell<Value> = { inputs, seconds: (performance.now() - start) / 1000, value };
    await mkdir(dirname(path), { recursive: true });
    const draft = `${path}.${process.pid}.partial`;
    await writeFile(draft, `${JSON.stringify(cell, null, 2)}\n`);
    await rename(draft, path);
    return value;
  }

  private async read<Value>(path: string): Promise<StoredCell<Value> | undefined> {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as StoredCell<Value>);
  }
}

/** Short hash of a JSON value, whatever the order of its keys. */
export function hashOf(value: unknown): string {
  const sorted = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return createHash('sha256').update(sorted).digest('hex').slice(0, 12);
}
