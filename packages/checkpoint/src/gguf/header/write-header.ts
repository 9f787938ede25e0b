import { ByteWriter } from '../../bytes/byte-writer.js';
import { DEFAULT_ALIGNMENT, GGUF_VALUE_TYPES, MAGIC, VERSIONS } from './format.js';
import type { Metadata, MetadataValue } from './values.js';

/** The entry of a tensor in the header. */
export interface TensorEntry {
  readonly name: string;
  /** Row-major, `[rows, columns]`. The file has the reverse order. */
  readonly shape: readonly number[];
  /** ggml's number of the element type. */
  readonly typeId: number;
  /** Position in the data section, in bytes. */
  readonly offset: number;
}

/** The header of a GGUF file (version 3, little-endian), padded to where the data section begins. */
export function encodeHeader(metadata: Metadata, tensors: readonly TensorEntry[]): Uint8Array {
  const out = new ByteWriter();
  out.uint32(MAGIC);
  out.uint32(VERSIONS.at(-1)!);
  out.uint64(tensors.length);
  out.uint64(metadata.size);
  for (const [key, value] of metadata) {
    out.text(key);
    writeValue(out, value);
  }
  for (const { name, shape, typeId, offset } of tensors) {
    out.text(name);
    out.uint32(shape.length);
    for (const size of [...shape].reverse()) out.uint64(size);
    out.uint32(typeId);
    out.uint64(offset);
  }
  return out.finish(DEFAULT_ALIGNMENT);
}

function writeValue(out: ByteWriter, { type, value }: MetadataValue): void {
  const id = GGUF_VALUE_TYPES[type];
  const writeOne = (item: string | boolean | number): void => {
    if (typeof item === 'string') out.text(item);
    else if (typeof item === 'boolean') out.bytes(Uint8Array.of(item ? 1 : 0));
    else if (type === 'FLOAT32') out.float32(item);
    else out.uint32(item >>> 0); // the same bits for INT32
  };
  if (typeof value !== 'object') {
    out.uint32(id);
    writeOne(value);
    return;
  }
  out.uint32(GGUF_VALUE_TYPES.ARRAY);
  out.uint32(id);
  out.uint64(value.length);
  for (let i = 0; i < value.length; i++) writeOne(value[i]!);
}
