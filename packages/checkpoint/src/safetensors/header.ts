import type { ByteSource } from '../bytes/byte-source.js';
import { isObject, parseJsonObject } from '../bytes/json.js';
import { elementCount } from '../checkpoint.js';
import { CheckpointFormatError, CheckpointUnsupportedError } from '../errors.js';
import { LIMITS } from '../limits.js';

/** Bytes of an element, for every dtype that is read and written. */
export const SAFETENSORS_DTYPE_BYTES = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type SafetensorsDType = keyof typeof SAFETENSORS_DTYPE_BYTES;

export interface SafetensorsInfo {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** Position of the first byte in the file. */
  readonly position: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the data. */
  readonly tensors: ReadonlyMap<string, SafetensorsInfo>;
}

/** The eight bytes before the header hold its length. */
const PREFIX_BYTES = 8;

/**
 * Reads and checks a safetensors header: length, JSON, dtypes, and shapes against byte ranges. The ranges must cover the
 * data exactly once, without overlaps and holes.
 *
 * @throws CheckpointFormatError, CheckpointUnsupportedError for a dtype not in `SAFETENSORS_DTYPE_BYTES`
 */
export function readSafetensorsHeader(source: ByteSource): SafetensorsHeader {
  const fail = (detail: string) => new CheckpointFormatError(source.name, detail);
  if (source.size < PREFIX_BYTES) throw fail(`it has ${source.size} bytes, too few for a safetensors file`);
  const prefix = new Uint8Array(PREFIX_BYTES);
  source.readSync(0, prefix);
  const headerBytes = new DataView(prefix.buffer).getBigUint64(0, true);
  const room = Math.min(LIMITS.safetensorsHeaderBytes, source.size - PREFIX_BYTES);
  if (headerBytes > room) {
    throw fail(
      `its header claims ${headerBytes} bytes, and at most ${room} are possible in a file of ${source.size}`,
    );
  }
  const json = new Uint8Array(Number(headerBytes));
  source.readSync(PREFIX_BYTES, json);
  const header = parseJsonObject(json, source.name);
  const dataStart = PREFIX_BYTES + json.length;

  const infos: SafetensorsInfo[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') metadata = stringsOnly(entry, fail);
    else infos.push(tensorInfo(name, entry, dataStart, source));
  }
  infos.sort((a, b) => a.position - b.position || a.byteLength - b.byteLength);
  let end = dataStart;
  for (const info of infos) {
    if (info.position < end) throw fail(`tensor ${info.name} overlaps the one before it`);
    if (info.position > end)
      throw fail(`${info.position - end} bytes before tensor ${info.name} belong to no tensor`);
    end += info.byteLength;
  }
  if (end > source.size)
    throw fail(`its tensors need ${end} bytes and it has ${source.size}: it is truncated`);
  if (end < source.size) throw fail(`${source.size - end} bytes at its end belong to no tensor`);
  return { metadata, tensors: new Map(infos.map((info) => [info.name, info])) };
}

/** Prefix and header of a file whose tensors follow in the given order. Padded, so that the data is aligned. */
export function encodeSafetensorsHeader(
  tensors: readonly {
    readonly name: string;
    readonly dtype: SafetensorsDType;
    readonly shape: readonly number[];
  }[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    const end = offset + elementCount(shape) * SAFETENSORS_DTYPE_BYTES[dtype];
    entries.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  let json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  json = Buffer.concat([
    json,
    Buffer.alloc((PREFIX_BYTES - (json.length % PREFIX_BYTES)) % PREFIX_BYTES, ' '),
  ]);
  const bytes = new Uint8Array(PREFIX_BYTES + json.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, PREFIX_BYTES);
  return bytes;
}

function tensorInfo(name: string, entry: unknown, dataStart: number, source: ByteSource): SafetensorsInfo {
  if (name.length > LIMITS.nameLength) {
    throw new CheckpointFormatError(source.name, `a tensor name has ${name.length} characters`);
  }
  const fail = (detail: string) =>
    new CheckpointFormatError(source.name, `tensor ${JSON.stringify(name)} ${detail}`);
  if (!isObject(entry)) throw fail('has no description');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string') throw fail('has no dtype');
  if (!isSafetensorsDType(dtype)) {
    const what = `dtype ${JSON.stringify(dtype.slice(0, 40))} of tensor ${JSON.stringify(name)}`;
    throw new CheckpointUnsupportedError(source.name, what, Object.keys(SAFETENSORS_DTYPE_BYTES));
  }
  if (!isSizes(shape) || shape.length > LIMITS.rank) {
    throw fail(`has a shape that is not a list of up to ${LIMITS.rank} whole numbers`);
  }
  if (!isSizes(offsets) || offsets.length !== 2) throw fail('has no data_offsets');
  const [begin, end] = offsets as [number, number];
  if (end < begin) throw fail(`ends at ${end}, before it begins at ${begin}`);
  if (dataStart + end > source.size) {
    throw fail(
      `ends ${dataStart + end - source.size} bytes beyond the file's ${source.size}: the file is truncated`,
    );
  }
  // A product beyond 2^53 is inexact, and far larger than any byte range.
  const byteLength = elementCount(shape) * SAFETENSORS_DTYPE_BYTES[dtype];
  if (byteLength !== end - begin) {
    throw fail(`of shape [${shape}] and dtype ${dtype} needs ${byteLength} bytes and claims ${end - begin}`);
  }
  return { name, dtype, shape, position: dataStart + begin, byteLength };
}

function isSafetensorsDType(dtype: string): dtype is SafetensorsDType {
  return Object.hasOwn(SAFETENSORS_DTYPE_BYTES, dtype);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function stringsOnly(value: unknown, fail: (detail: string) => Error): Record<string, string> {
  if (value === null) return {}; // as the reference implementation
  if (!isObject(value)) throw fail('its __metadata__ is not an object');
  const strings: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw fail(`its __metadata__ holds something other than text at ${key}`);
    strings.push([key, text]);
  }
  return Object.fromEntries(strings);
}
