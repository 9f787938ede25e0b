import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { rows, sha256OfIds, type TokenBatch, type TokenBlocks } from '@grasp/calib-data';
import type { TeacherLogits } from '@grasp/decoder';
import { parseJson, replaceFile } from '@grasp/files';
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
const FORMAT = 'grasp-teacher 2';
/** Each file ends with the CRC-32 of what stands before it. */
const CHECKSUM_BYTES = 4;

/**
 * A teacher's predictions on disk, one file for each block of text, by the SHA-256 of its tokens: blocks that repeat, in one
 * run or in another, are there once. Each file appears whole or not at all, and one that was damaged is asked for again. A token takes `k` times 6 bytes, or 8 with a
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
    const text = (await readHeader(folder)) ?? (await begin(folder, identity));
    const found = headerOf(folder, text);
    if (found.format !== FORMAT) throw new TeacherCacheError(folder, `${HEADER} is of another format`);
    const differences = Object.entries(identity)
      .filter(([name, value]) => found[name] !== value)
      .map(([name, value]) => `${name}: ${found[name] ?? 'none'} there, ${value} now`);
    if (differences.length > 0)
      throw new TeacherCacheError(folder, `it holds other predictions (${differences.join('; ')})`);
    return new TeacherCache(folder, identity);
  }

  /** Number of different blocks of a text, among the first `count`, that are not there or damaged. Reads all of them. */
  async missing(text: TokenBlocks, count = text.shape[0]): Promise<number> {
    const names = new Set(Array.from({ length: count }, (_, row) => nameOf(rows(text, [row]))));
    let missing = 0;
    for (const name of names) if (!(await this.read(name))) missing++;
    return missing;
  }

  /**
   * A teacher that answers from the cache, and asks another one about the blocks that are missing: one at a time, because the
   * last bits of a product depend on its rows, and a block's predictions may not depend on which others were missing.
   */
  over(teacher: Teacher | undefined): Teacher {
    return {
      topLogits: async (batch, k) => {
        const blocks = Array.from({ length: batch.shape[0] }, (_, row) => rows(batch, [row]));
        const known = await Promise.all(blocks.map((block) => this.read(nameOf(block))));
        for (const [row, block] of blocks.entries()) {
          if (known[row]) continue;
          if (!teacher) throw new TeacherCacheError(this.folder, 'a block is missing that was there');
          known[row] = await teacher.topLogits(block, k);
          await this.write(nameOf(block), known[row]);
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

  private get fileBytes(): number {
    return this.entries * (this.ids.BYTES_PER_ELEMENT + Float32Array.BYTES_PER_ELEMENT) + CHECKSUM_BYTES;
  }

  /** Undefined if the block is not there, or its file is damaged: it is then asked for again. */
  private async read(name: string): Promise<TeacherLogits | undefined> {
    const bytes = await readFile(this.path(name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new TeacherCacheError(this.folder, `${this.path(name)} cannot be read`, { cause: error });
    });
    if (bytes?.byteLength !== this.fileBytes) return undefined;
    const end = bytes.byteLength - CHECKSUM_BYTES;
    if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) return undefined;
    const idBytes = this.entries * this.ids.BYTES_PER_ELEMENT;
    const copy = new Uint8Array(bytes).buffer; // aligned
    const logProbabilities = new Float32Array(copy.slice(idBytes, end));
    return { ids: Int32Array.from(new this.ids(copy, 0, this.entries)), logProbabilities };
  }

  private async write(name: string, { ids, logProbabilities }: TeacherLogits): Promise<void> {
    const path = this.path(name);
    await mkdir(join(path, '..'), { recursive: true });
    const values = Float32Array.from(logProbabilities);
    const bytes = Buffer.concat([
      new Uint8Array(this.ids.from(ids).buffer),
      new Uint8Array(values.buffer),
      new Uint8Array(CHECKSUM_BYTES),
    ]);
    const end = bytes.length - CHECKSUM_BYTES;
    bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), end);
    await replaceFile(path, bytes);
  }
}

const nameOf = (block: TokenBatch): string => sha256OfIds(block.ids);

/** The content of a folder's header, or undefined if there is none. */
const readHeader = (folder: string): Promise<string | undefined> =>
  readFile(join(folder, HEADER), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new TeacherCacheError(folder, `${HEADER} cannot be read`, { cause: error });
  });

/** Writes the header of a new cache. Returns that of another process, if one was faster. */
async function begin(folder: string, identity: TeacherIdentity): Promise<string> {
  await assertEmpty(folder);
  await mkdir(folder, { recursive: true });
  const text = `${JSON.stringify({ format: FORMAT, ...identity }, null, 2)}\n`;
  try {
    await replaceFile(join(folder, HEADER), text, { overwrite: false });
    return text;
  } catch (error) {
    const other = await readHeader(folder);
    if (other === undefined) throw error;
    return other;
  }
}

/**
 * Drafts of a header may be there, of a process that was killed, or that begins the same cache now.
 *
 * @throws TeacherCacheError for a file, or a folder that holds something: it is no cache, or its header was lost
 */
async function assertEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new TeacherCacheError(folder, error.code === 'ENOTDIR' ? 'it is a file' : 'it cannot be read', {
      cause: error,
    });
  });
  if (names.some((name) => !name.startsWith(`${HEADER}.`)))
    throw new TeacherCacheError(folder, `it is not empty, and has no ${HEADER}`);
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
