import { createHash, type Hash } from 'node:crypto';

/** One update of 2 GiB or more throws. */
const CHUNK_BYTES = 64 * 2 ** 20;

/** Adds an array's bytes to a hash, however many there are. */
export function updateHash(hash: Pick<Hash, 'update'>, data: ArrayBufferView): void {
  for (let at = 0; at < data.byteLength; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, data.byteLength - at);
    hash.update(new Uint8Array(data.buffer, data.byteOffset + at, length));
  }
}

/** SHA-256 of an array's bytes, in hexadecimal. */
export function hashOf(data: ArrayBufferView): string {
  const hash = createHash('sha256');
  updateHash(hash, data);
  return hash.digest('hex');
}
