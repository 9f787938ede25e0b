import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { CheckpointWriteError } from './errors.js';
import { writeError } from './output-folder.js';
import {
  elementCount,
  encodeSafetensorsHeader,
  SAFETENSORS_DTYPE_BYTES,
  type SafetensorsDType,
} from './safetensors-header.js';

/** A tensor to be written: what it is, and how to get its elements when its turn comes. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** Row-major elements, `elementCount(shape)` of them. Called once. */
  read(): ArrayBufferView | Promise<ArrayBufferView>;
}

const CHUNK_BYTES = 64 * 2 ** 20;

/**
 * Writes one safetensors file, one tensor in memory at a time, under a temporary name until it is complete and on
 * the disk. Tensors with wider elements come first, so that every tensor is aligned; otherwise order is kept.
 *
 * @returns SHA-256 of every tensor's bytes, in hexadecimal
 * @throws CheckpointWriteError, and whatever an entry's `read` throws. Nothing is left at `path` then.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<SafetensorsEntry>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<ReadonlyMap<string, string>> {
  const entries = [...tensors].sort(
    (a, b) => SAFETENSORS_DTYPE_BYTES[b.dtype] - SAFETENSORS_DTYPE_BYTES[a.dtype],
  );
  const hashes = new Map<string, string>();
  for (const { name } of entries) {
    if (hashes.has(name) || name === '__metadata__') {
      throw new CheckpointWriteError(path, 'input', `tensor ${name} occurs twice, or has a reserved name.`);
    }
    hashes.set(name, '');
  }
  const draft = `${path}.partial`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(draft, 'w');
    await writeAll(handle, encodeSafetensorsHeader(entries, metadata));
    for (const entry of entries) {
      const data = await entry.read();
      const expected = elementCount(entry.shape) * SAFETENSORS_DTYPE_BYTES[entry.dtype];
      if (data.byteLength !== expected) {
        const detail = `tensor ${entry.name} of shape [${entry.shape}] came with ${data.byteLength} bytes, not ${expected}.`;
        throw new CheckpointWriteError(path, 'input', detail);
      }
      hashes.set(entry.name, hashOf(data));
      await writeAll(handle, data);
    }
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(draft, path);
    return hashes;
  } catch (error) {
    await handle?.close().catch(() => {});
    await rm(draft, { force: true });
    throw writeError(path, error);
  }
}

/** SHA-256 of an array's bytes, in hexadecimal. */
export function hashOf(data: ArrayBufferView): string {
  const hash = createHash('sha256');
  for (const chunk of chunksOf(data)) hash.update(chunk);
  return hash.digest('hex');
}

async function writeAll(handle: FileHandle, data: ArrayBufferView): Promise<void> {
  for (const chunk of chunksOf(data)) {
    for (let done = 0; done < chunk.length; ) {
      done += (await handle.write(chunk, done, chunk.length - done)).bytesWritten;
    }
  }
}

function* chunksOf(data: ArrayBufferView): Generator<Uint8Array> {
  for (let at = 0; at < data.byteLength; at += CHUNK_BYTES) {
    yield new Uint8Array(data.buffer, data.byteOffset + at, Math.min(CHUNK_BYTES, data.byteLength - at));
  }
}
