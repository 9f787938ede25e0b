import { FileWriteError, replaceFileWith } from '@grasp/files';
import { hashOf } from '../bytes/hash.js';
import { elementCount } from '../checkpoint.js';
import { encodeSafetensorsHeader, SAFETENSORS_DTYPE_BYTES, type SafetensorsDType } from './header.js';

/** A tensor to be written. Its elements are read when its turn comes. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** Row-major elements, `elementCount(shape)` of them. Called once. */
  read(): ArrayBufferView | Promise<ArrayBufferView>;
}

/**
 * Writes one safetensors file, one tensor in memory at a time. The file appears under its name when it is complete and
 * on the disk. Tensors with wider elements come first, so that every tensor is aligned. Otherwise the order is kept.
 *
 * @returns SHA-256 of every tensor's bytes, in hexadecimal
 * @throws FileWriteError; what an entry's `read` throws. After an error `path` is as it was.
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
      throw new FileWriteError(path, 'input', `tensor ${name} occurs twice, or has a reserved name.`);
    }
    hashes.set(name, '');
  }
  return replaceFileWith(path, async (draft) => {
    await draft.append(encodeSafetensorsHeader(entries, metadata));
    for (const entry of entries) {
      const data = await entry.read();
      const expected = elementCount(entry.shape) * SAFETENSORS_DTYPE_BYTES[entry.dtype];
      if (data.byteLength !== expected) {
        const detail = `tensor ${entry.name} of shape [${entry.shape}] came with ${data.byteLength} bytes, not ${expected}.`;
        throw new FileWriteError(path, 'input', detail);
      }
      hashes.set(entry.name, hashOf(data));
      await draft.append(data);
    }
    return hashes;
  });
}
