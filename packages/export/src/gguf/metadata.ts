import { GGUF_VALUE_TYPES } from '@grasp/checkpoint';

/** A metadata value with its type in the file. Lists hold values of one type. */
export type MetadataValue =
  | { readonly type: 'STRING'; readonly value: string | readonly string[] }
  | { readonly type: 'BOOL'; readonly value: boolean }
  | { readonly type: 'UINT32' | 'INT32' | 'FLOAT32'; readonly value: number | ArrayLike<number> };

/** Keys in file order. */
export type Metadata = ReadonlyMap<string, MetadataValue>;

export const text = (value: string): MetadataValue => ({ type: 'STRING', value });
export const texts = (value: readonly string[]): MetadataValue => ({ type: 'STRING', value });
export const flag = (value: boolean): MetadataValue => ({ type: 'BOOL', value });
export const uint32 = (value: number): MetadataValue => ({ type: 'UINT32', value });
export const float32 = (value: number): MetadataValue => ({ type: 'FLOAT32', value });
export const int32s = (value: readonly number[]): MetadataValue => ({ type: 'INT32', value });
export const float32s = (value: ArrayLike<number>): MetadataValue => ({ type: 'FLOAT32', value });

/** What the header says of a tensor. */
export interface TensorEntry {
  readonly name: string;
  /** Row-major, `[rows, columns]`; the file lists it the other way round. */
  readonly shape: readonly number[];
  /** ggml's number of the element type. */
  readonly typeId: number;
  /** From the start of the data section. */
  readonly offset: number;
}

/** Tensors, and the data section, begin at multiples of this. */
export const ALIGNMENT = 32;
const VERSION = 3;

/**
 * The header of a GGUF file (version 3, little-endian), padded to where the data section begins.
 */
export function encodeHeader(metadata: Metadata, tensors: readonly TensorEntry[]): Uint8Array {
  const out = new ByteWriter();
  out.bytes(new TextEncoder().encode('GGUF'));
  out.uint32(VERSION);
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
  return out.finish(ALIGNMENT);
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

/** Bytes that grow as they are written. */
class ByteWriter {
  private buffer = new Uint8Array(1 << 16);
  private view = new DataView(this.buffer.buffer);
  private length = 0;
  private readonly encoder = new TextEncoder();

  bytes(data: Uint8Array): void {
    this.reserve(data.length);
    this.buffer.set(data, this.length);
    this.length += data.length;
  }

  text(value: string): void {
    const data = this.encoder.encode(value);
    this.uint64(data.length);
    this.bytes(data);
  }

  uint32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  uint64(value: number): void {
    this.reserve(8);
    this.view.setBigUint64(this.length, BigInt(value), true);
    this.length += 8;
  }

  float32(value: number): void {
    this.reserve(4);
    this.view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  finish(alignment: number): Uint8Array {
    return this.buffer.slice(0, roundUp(this.length, alignment));
  }

  private reserve(count: number): void {
    // Room to align the end in, which `finish` counts on.
    const needed = this.length + count + ALIGNMENT;
    if (needed <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.buffer.length));
    larger.set(this.buffer);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** The next multiple of `step`, or `value` itself. */
export function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
