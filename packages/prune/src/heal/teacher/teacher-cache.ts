import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { rows, sha256OfIds, type TokenBatch, type TokenBlocks } from '@grasp/calib-data';
import type { TeacherLogits } from '@grasp/decoder';
import { parseJson, removeDrafts, replaceFile } from '@grasp/files';
import { TeacherCacheError } from '../errors.js';
import type { HealSettings } from '../settings.js';

/** Answers what a teacher predicts for each target of a batch: a view of a decoder, or one with a cache. */
export interface Teacher {
  /** The `k` likeliest next tokens at each position, see `DecoderView.topLogits`. */
  topLogits(batch: TokenBatch, k: number): Promise<TeacherLogits>;
}

/** What the predictions of a cache depend on, the text of each block aside. */
export interface TeacherIdentity {
  /** Fingerprint of the teacher's config and weights. */
  readonly teacher: string;
  readonly engine: string;
  readonly dtype: HealSettings['dtype'];
  /** Tokens per block. */
  readonly length: number;
  readonly topLogits: number;
  /** Ids of up to 65,536 tokens take two bytes. */
  readonly vocabSize: number;
}

const HEADER = 'grasp-teacher.json';
const FORMAT = 'grasp-teacher 1';

/**
 * A teacher's predictions on disk, one file for each block of text, by the SHA-256 of its tokens: blocks that repeat, in one
 * run or in another, are there once. Each file appears whole or not at all. A token takes `k` times 6 bytes, or 8 with a
 * vocabulary of more than 65,536 tokens.
 */
export class TeacherCache {
  private constructor(
    private readonly folder: string,
    private readonly identity: TeacherIdentity,
  ) {}

  /**
   * Opens a cache, or begins one.
   *
   * @throws TeacherCacheError if the folder holds something else, or predictions that depend on something else
   */
  static async open(folder: string, identity: TeacherIdentity): Promise<TeacherCache> {
    const path = join(folder, HEADER);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw new TeacherCacheError(folder, `${HEADER} cannot be read`, { cause: error });
    });
    if (text === undefined) {
      await mkdir(folder, { recursive: true });
      await replaceFile(path, `${JSON.stringify({ format: FORMAT, ...identity }, null, 2)}\n`);
      return new TeacherCache(folder, identity);
    }
    const found = headerOf(folder, text);
    if (found.format !== FORMAT) throw new TeacherCacheError(folder, `${HEADER} is of another format`);
    const differences = Object.entries(identity)
      .filter(([name, value]) => found[name] !== value)
      .map(([name, value]) => `${name}: ${found[name] ?? 'none'} there, ${value} now`);
    if (differences.length > 0)
      throw new TeacherCacheError(folder, `it holds other predictions (${differences.join('; ')})`);
    await removeDrafts(path); // of a process that was killed
    return new TeacherCache(folder, identity);
  }

  /** Number of different blocks of a text, among the first `count`, that are not there. */
  async missing(text: TokenBlocks, count = text.shape[0]): Promise<number> {
    const names = new Set(Array.from({ length: count }, (_, row) => nameOf(rows(text, [row]))));
    let missing = 0;
    for (const name of names) {
      const size = (await stat(this.path(name)).catch(() => undefined))?.size;
      if (size !== this.blockBytes) missing++;
    }
    return missing;
  }

  /** A teacher that answers from the cache, and asks another one about the blocks that are missing. */
  over(teacher: Teacher | undefined): Teacher {
    return {
      topLogits: async (batch, k) => {
        const blocks = Array.from({ length: batch.shape[0] }, (_, row) => rows(batch, [row]));
        const known = await Promise.all(blocks.map((block) => this.read(nameOf(block))));
        const unknown = blocks.flatMap((_, row) => (known[row] ? [] : [row]));
        if (unknown.length > 0) {
          if (!teacher) throw new TeacherCacheError(this.folder, 'a block is missing that was there');
          const asked = await teacher.topLogits(rows(batch, unknown), k);
          for (const [i, row] of unknown.entries()) {
            known[row] = part(asked, i, unknown.length);
            await this.write(nameOf(blocks[row]!), known[row]);
          }
        }
        return joined(known as TeacherLogits[]);
      },
    };
  }

  private path(name: string): string {
    return join(this.folder, name.slice(0, 2), `${name}.bin`);
  }

  private get ids(): typeof Uint16Array | typeof Uint32Array {
    return this.identity.vocabSize <= 2 ** 16 ? Uint16Array : Uint32Array;
  }

  /** Predicted tokens of a block. */
  private get entries(): number {
    const { length, topLogits, vocabSize } = this.identity;
    return (length - 1) * Math.min(topLogits, vocabSize);
  }

  private get blockBytes(): number {
    return this.entries * (this.ids.BYTES_PER_ELEMENT + Float32Array.BYTES_PER_ELEMENT);
  }

  /** Undefined if the block is not there, or its file is damaged: it is then asked for again. */
  private async read(name: string): Promise<TeacherLogits | undefined> {
    const bytes = await readFile(this.path(name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new TeacherCacheError(this.folder, `${this.path(name)} cannot be read`, { cause: error });
    });
    if (bytes?.byteLength !== this.blockBytes) return undefined;
    const idBytes = this.entries * this.ids.BYTES_PER_ELEMENT;
    const copy = new Uint8Array(bytes).buffer; // aligned
    const logProbabilities = new Float32Array(copy.slice(idBytes));
    return { ids: Int32Array.from(new this.ids(copy, 0, this.entries)), logProbabilities };
  }

  private async write(name: string, { ids, logProbabilities }: TeacherLogits): Promise<void> {
    const path = this.path(name);
    await mkdir(join(path, '..'), { recursive: true });
    const bytes = new Uint8Array(ids.length * this.ids.BYTES_PER_ELEMENT + logProbabilities.byteLength);
    bytes.set(new Uint8Array(this.ids.from(ids).buffer));
    bytes.set(
      new Uint8Array(Float32Array.from(logProbabilities).buffer),
      bytes.length - logProbabilities.byteLength,
    );
    await replaceFile(path, bytes);
  }
}

const nameOf = (block: TokenBatch): string => sha256OfIds(block.ids);

/** Predictions for one of `count` blocks. */
function part({ ids, logProbabilities }: TeacherLogits, at: number, count: number): TeacherLogits {
  const size = ids.length / count;
  const range = [at * size, (at + 1) * size] as const;
  return { ids: ids.slice(...range), logProbabilities: logProbabilities.slice(...range) };
}

function joined(parts: readonly TeacherLogits[]): TeacherLogits {
  const size = parts.reduce((sum, { ids }) => sum + ids.length, 0);
  const all = { ids: new Int32Array(size), logProbabilities: new Float32Array(size) };
  let at = 0;
  for (const { ids, logProbabilities } of parts) {
    all.ids.set(ids, at);
    all.logProbabilities.set(logProbabilities, at);
    at += ids.length;
  }
  return all;
}

function headerOf(folder: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value = parseJson(text);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new TeacherCacheError(folder, `${HEADER} is damaged`, { cause });
  }
  throw new TeacherCacheError(folder, `${HEADER} is damaged`);
}
