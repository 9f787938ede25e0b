import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson, replaceFile } from '@grasp/files';
import * as z from 'zod';
import { makeFolder } from '../files/make-folder.js';
import { hashOf } from './hash.js';

/** Identifies a cell. */
export interface CellKey {
  /** Readable part of the file name. */
  readonly name: string;
  /** All values that the result depends on. */
  readonly inputs: unknown;
  /** Whether a stored value is a complete result of this cell. */
  readonly isComplete: (value: unknown) => boolean;
}

/** A finished cell. */
export interface StoredCell {
  /** Engine that computed it. Absent in cells of earlier releases. */
  readonly engine?: string | undefined;
  readonly seconds: number;
  readonly value: unknown;
}

const storedSchema = z.object({ engine: z.string().optional(), seconds: z.number(), value: z.unknown() });

/**
 * Results on disk, one JSON file per cell. The file name contains a hash of the cell's inputs. A cell is therefore
 * computed once, and other settings, data or weights make another cell.
 */
export class CellStore {
  constructor(readonly folder: string) {}

  /** Reads a finished cell. A missing or damaged file is undefined, so that the cell is computed again. */
  async read(key: CellKey): Promise<StoredCell | undefined> {
    const text = await readFile(join(this.folder, fileOf(key)), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const cell = storedSchema.parse(parseJson(text));
      return key.isComplete(cell.value) ? cell : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Writes a cell under its name in one step. Several processes may write the same cell at the same time.
   *
   * @throws FileWriteError
   */
  async write(key: CellKey, cell: StoredCell): Promise<void> {
    const path = join(this.folder, fileOf(key));
    await makeFolder(this.folder);
    await replaceFile(path, `${JSON.stringify({ inputs: key.inputs, ...cell }, null, 2)}\n`);
  }

  /**
   * Whether all cells are finished. Lists the folder first, because network file systems cache the absence of a file
   * that was opened too early.
   */
  async hasAll(keys: readonly CellKey[]): Promise<boolean> {
    const names = new Set(await readdir(this.folder).catch(() => []));
    for (const key of keys) if (!names.has(fileOf(key)) || !(await this.read(key))) return false;
    return true;
  }
}

const fileOf = ({ name, inputs }: CellKey): string => `${name}-${hashOf(inputs)}.json`;
