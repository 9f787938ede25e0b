import { readSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { CheckpointMissingError, CheckpointReadError } from '../errors.js';

/** Bytes that are read by position: a file, or bytes in memory. */
export interface ByteSource {
  /** Path or description, for messages. */
  readonly name: string;
  readonly size: number;
  /** Of the open file. Absent: bytes in memory. */
  readonly descriptor?: number;
  /** Fills `target` from `position`. Throws `CheckpointReadError` if the source ends before. */
  read(position: number, target: Uint8Array): Promise<void>;
  readSync(position: number, target: Uint8Array): void;
  close(): Promise<void>;
}

/** Bytes of one read. A read of 2 GiB or more throws. */
const CHUNK_BYTES = 64 * 2 ** 20;

/**
 * Opens a regular file. Pipes, devices and folders are refused before they are opened, because opening one can block.
 *
 * @throws CheckpointMissingError, CheckpointReadError
 */
export async function openFileSource(path: string): Promise<ByteSource> {
  let handle: FileHandle;
  let size: number;
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new CheckpointReadError(path, 'it is not a regular file');
    handle = await open(path, 'r');
    size = info.size;
  } catch (error) {
    if (error instanceof CheckpointReadError) throw error;
    throw readError(path, error);
  }
  return {
    ...descriptorSource(path, handle.fd, size),
    async read(position, target) {
      for (let done = 0; done < target.length; ) {
        const length = Math.min(CHUNK_BYTES, target.length - done);
        const { bytesRead } = await handle
          .read(target, done, length, position + done)
          .catch((error: unknown) => {
            throw readError(path, error);
          });
        if (bytesRead === 0) throw ended(path, size);
        done += bytesRead;
      }
    },
    close: () => handle.close(),
  };
}

/** A file that is open already, in this thread or another one, which closes it. Reading blocks. */
export function descriptorSource(name: string, descriptor: number, size: number): ByteSource {
  const read = (position: number, target: Uint8Array): void => {
    for (let done = 0; done < target.length; ) {
      const length = Math.min(CHUNK_BYTES, target.length - done);
      let bytesRead: number;
      try {
        bytesRead = readSync(descriptor, target, done, length, position + done);
      } catch (error) {
        throw readError(name, error);
      }
      if (bytesRead === 0) throw ended(name, size);
      done += bytesRead;
    }
  };
  return {
    name,
    size,
    descriptor,
    readSync: read,
    read: async (position, target) => read(position, target),
    close: async () => {},
  };
}

const ended = (name: string, size: number): Error =>
  new CheckpointReadError(name, `it ends before ${size} bytes: did it change while being read?`);

/** A source of bytes in memory. */
export function memorySource(bytes: Uint8Array, name = 'memory'): ByteSource {
  const readSync = (position: number, target: Uint8Array): void => {
    if (position + target.length > bytes.length)
      throw new CheckpointReadError(name, `it has ${bytes.length} bytes`);
    target.set(bytes.subarray(position, position + target.length));
  };
  return {
    name,
    size: bytes.length,
    readSync,
    read: async (position, target) => readSync(position, target),
    close: async () => {},
  };
}

/** Converts a system error on reading into a typed one that names `path`. */
export function readError(path: string, error: unknown): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new CheckpointMissingError(path, 'there is no such file.');
  return new CheckpointReadError(path, cause.message, { cause });
}

/**
 * Fills a typed array from `position`, in views of at most `CHUNK_BYTES`. On Node 20 a Uint8Array has at most 4 GiB, and a
 * Float32Array four times that.
 */
export async function readElements(
  source: ByteSource,
  position: number,
  target: ArrayBufferView,
): Promise<void> {
  for (let at = 0; at < target.byteLength; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, target.byteLength - at);
    await source.read(position + at, new Uint8Array(target.buffer, target.byteOffset + at, length));
  }
}
