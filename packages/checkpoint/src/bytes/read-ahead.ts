import type { ByteSource } from './byte-source.js';

/**
 * Reads a range in chunks. The next chunk is read while the caller works on the last one, so two are in memory. A chunk is
 * valid until the next one is asked for.
 *
 * @param chunkBytes bytes of each chunk but the last
 * @throws what reading the source throws
 */
export async function* readAhead(
  source: ByteSource,
  position: number,
  byteLength: number,
  chunkBytes: number,
): AsyncGenerator<Uint8Array> {
  const size = Math.min(chunkBytes, byteLength);
  let [current, other] = [new Uint8Array(size), new Uint8Array(size)];
  const fill = (buffer: Uint8Array, at: number): Promise<Uint8Array> => {
    const bytes = buffer.subarray(0, Math.min(size, byteLength - at));
    const filled = source.read(position + at, bytes).then(() => bytes);
    // A caller that stops early does not wait for this one.
    filled.catch(() => {});
    return filled;
  };
  if (byteLength === 0) return;
  let next = fill(current, 0);
  for (let at = 0; at < byteLength; at += size) {
    const bytes = await next;
    if (at + size < byteLength) next = fill(other, at + size);
    yield bytes;
    [current, other] = [other, current];
  }
}
