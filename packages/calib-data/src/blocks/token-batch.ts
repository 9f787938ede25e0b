import { createHash } from 'node:crypto';
import { TokenIdError } from '../errors.js';

/** Rows of token ids, of equal length. */
export interface TokenBatch {
  /** `[rows, length]` token ids, row-major. */
  readonly ids: Int32Array;
  /** `[rows, length]`. */
  readonly shape: readonly [rows: number, length: number];
  /** `[rows, length]`: 1 for each token whose prediction counts in a loss, 0 for the others. Default: all count. */
  readonly lossMask?: Uint8Array;
}

/** Returns the given rows of a batch, in the given order. @throws RangeError if a row does not exist. */
export function rows(batch: TokenBatch, indices: ArrayLike<number>): TokenBatch {
  const [count, length] = batch.shape;
  const ids = new Int32Array(indices.length * length);
  const lossMask = batch.lossMask && new Uint8Array(ids.length);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i]!;
    if (!Number.isInteger(row) || row < 0 || row >= count)
      throw new RangeError(`row ${row} of a batch of ${count} rows`);
    ids.set(batch.ids.subarray(row * length, (row + 1) * length), i * length);
    lossMask?.set(batch.lossMask!.subarray(row * length, (row + 1) * length), i * length);
  }
  return { ids, shape: [indices.length, length], ...(lossMask ? { lossMask } : {}) };
}

/** Returns the rows `[first, first + count)` of a batch. @throws RangeError if one does not exist. */
export function rowRange(batch: TokenBatch, first: number, count: number): TokenBatch {
  return rows(
    batch,
    Array.from({ length: count }, (_, row) => first + row),
  );
}

/** The fingerprint of blocks: `sha256OfIds`; of blocks with a loss mask, SHA-256 of that and the mask. */
export function blocksFingerprint({ ids, lossMask }: Pick<TokenBatch, 'ids' | 'lossMask'>): string {
  const ofIds = sha256OfIds(ids);
  return lossMask ? createHash('sha256').update(ofIds).update(lossMask).digest('hex') : ofIds;
}

/** Returns the SHA-256 in hex of token ids as little-endian int32, like NumPy's `ids.astype('<i4').tobytes()`. */
export function sha256OfIds(ids: Int32Array): string {
  const bytes = new DataView(new ArrayBuffer(ids.length * 4));
  ids.forEach((id, i) => {
    bytes.setInt32(i * 4, id, true);
  });
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws TokenIdError on the first id outside `[0, vocabSize)`. */
export function checkIds(ids: Int32Array, vocabSize: number): void {
  const position = ids.findIndex((id) => id < 0 || id >= vocabSize);
  if (position >= 0) throw new TokenIdError(ids[position]!, position, vocabSize);
}
