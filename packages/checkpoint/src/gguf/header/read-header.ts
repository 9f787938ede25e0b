import { ByteCursor } from '../../bytes/byte-cursor.js';
import type { ByteSource } from '../../bytes/byte-source.js';
import { CheckpointFormatError, CheckpointUnsupportedError } from '../../errors.js';
import { LIMITS } from '../../limits.js';
import { GENERAL } from '../keys.js';
import { GGML_TYPES, type GgmlType, ggmlType, ggmlTypeName } from '../quantized/types.js';
import { DEFAULT_ALIGNMENT, GGUF_VALUE_TYPES, MAGIC, roundUp, VERSIONS } from './format.js';

/** Numeric arrays are typed arrays, which take no more memory than the file. */
type GgufArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array
  | readonly string[]
  | readonly boolean[]
  | readonly GgufArray[];

/** 64-bit integers are numbers if that is exact, and bigints otherwise. */
export type GgufValue = number | bigint | boolean | string | GgufArray;

export interface GgufTensorInfo {
  readonly name: string;
  readonly type: GgmlType;
  /** Row-major, outermost first: the reverse of the file's order. */
  readonly shape: readonly number[];
  /** Position of the first byte in the file. */
  readonly position: number;
  readonly byteLength: number;
}

export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensorInfo>;
}

const MAX_DIMS = 4;
const MAX_ALIGNMENT = 65_536;

/**
 * Reads and checks the header of a GGUF file (versions 2 and 3, little-endian): every count against a limit and the bytes
 * left, tensor types, and shapes. The tensors must follow each other in the file.
 *
 * @throws CheckpointFormatError, CheckpointUnsupportedError
 */
export function readGgufHeader(source: ByteSource): GgufHeader {
  const cursor = new ByteCursor(source, 0, Math.min(source.size, LIMITS.ggufHeaderBytes));
  if (source.size < 24 || cursor.u32() !== MAGIC) {
    throw new CheckpointFormatError(source.name, 'it does not begin like a GGUF file');
  }
  const version = cursor.u32();
  if (!VERSIONS.includes(version)) {
    const what = version & 0xffff ? `GGUF version ${version}` : 'a big-endian GGUF file';
    throw new CheckpointUnsupportedError(source.name, what, ['versions 2 and 3, little-endian']);
  }
  const tensorCount = cursor.count(LIMITS.ggufTensorCount, 'its number of tensors');
  const metadataCount = cursor.count(LIMITS.ggufMetadataCount, 'its number of metadata entries');

  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < metadataCount; i++) {
    const key = readString(cursor);
    if (metadata.has(key)) throw new CheckpointFormatError(source.name, `metadata ${key} occurs twice`);
    metadata.set(key, readValue(cursor, cursor.u32(), 0));
  }
  const declared: DeclaredTensor[] = [];
  for (let i = 0; i < tensorCount; i++) declared.push(readTensorInfo(cursor));
  const alignment = alignmentOf(metadata, source.name);
  const dataStart = roundUp(cursor.position, alignment);
  return { version, metadata, tensors: place(declared, dataStart, alignment, source) };
}

interface DeclaredTensor {
  readonly name: string;
  readonly type: GgmlType;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Relative to the start of the data. */
  readonly offset: bigint;
}

/** Checks that tensors follow each other, each padded to the alignment, as ggml's reader does. */
function place(
  declared: readonly DeclaredTensor[],
  dataStart: number,
  alignment: number,
  source: ByteSource,
): ReadonlyMap<string, GgufTensorInfo> {
  const tensors = new Map<string, GgufTensorInfo>();
  let expected = 0;
  for (const { name, type, shape, byteLength, offset } of declared) {
    const fail = (detail: string) =>
      new CheckpointFormatError(source.name, `tensor ${JSON.stringify(name)} ${detail}`);
    if (tensors.has(name)) throw fail('occurs twice');
    if (offset !== BigInt(expected))
      throw fail(`is at ${offset} of the data, and ${expected} follows from the others`);
    const position = dataStart + expected;
    if (position + byteLength > source.size) {
      throw fail(
        `ends at byte ${position + byteLength}, beyond the file's ${source.size}: the file is truncated`,
      );
    }
    tensors.set(name, { name, type, shape, position, byteLength });
    expected += roundUp(byteLength, alignment);
  }
  return tensors;
}

function readTensorInfo(cursor: ByteCursor): DeclaredTensor {
  const file = cursor.source.name;
  const name = readString(cursor, LIMITS.nameLength);
  const fail = (detail: string) =>
    new CheckpointFormatError(file, `tensor ${JSON.stringify(name)} ${detail}`);
  const rank = cursor.u32();
  if (rank < 1 || rank > MAX_DIMS) throw fail(`has ${rank} dimensions`);
  const dims: number[] = [];
  let elements = 1;
  for (let i = 0; i < rank; i++) {
    // In the types that are read, a byte holds at most two elements.
    const dim = cursor.count(2 * cursor.source.size, `a dimension of tensor ${JSON.stringify(name)}`);
    elements *= dim;
    dims.push(dim);
  }
  if (elements === 0 || elements > 2 * cursor.source.size) {
    throw fail(`of shape [${dims}] cannot be in a file of ${cursor.source.size} bytes`);
  }
  const id = cursor.u32();
  const type = ggmlType(id);
  if (type === undefined) {
    const what = `type ${ggmlTypeName(id)} of tensor ${JSON.stringify(name)}`;
    throw new CheckpointUnsupportedError(file, what, Object.keys(GGML_TYPES));
  }
  const { blockSize, blockBytes } = GGML_TYPES[type];
  if (dims[0]! % blockSize !== 0)
    throw fail(`has rows of ${dims[0]}, and ${type} needs multiples of ${blockSize}`);
  const byteLength = (elements / blockSize) * blockBytes;
  return { name, type, shape: dims.reverse(), byteLength, offset: cursor.u64() };
}

function readString(cursor: ByteCursor, limit: number = LIMITS.ggufStringBytes): string {
  return cursor.text(cursor.count(limit, `the length of a string at byte ${cursor.position}`));
}

function readValue(cursor: ByteCursor, type: number, depth: number): GgufValue {
  switch (type) {
    case GGUF_VALUE_TYPES.STRING:
      return readString(cursor);
    case GGUF_VALUE_TYPES.BOOL:
      return cursor.u8() !== 0;
    case GGUF_VALUE_TYPES.ARRAY:
      return readArray(cursor, depth);
    default: {
      const value = readNumbers(cursor, type, 1)[0]!;
      return typeof value === 'bigint' && BigInt.asIntN(54, value) === value ? Number(value) : value;
    }
  }
}

function readArray(cursor: ByteCursor, depth: number): GgufArray {
  const file = cursor.source.name;
  if (depth >= LIMITS.ggufArrayDepth)
    throw new CheckpointFormatError(file, 'its metadata nests arrays too deeply');
  const type = cursor.u32();
  const length = cursor.count(LIMITS.ggufArrayLength, 'the length of a metadata array');
  switch (type) {
    case GGUF_VALUE_TYPES.STRING: {
      cursor.require(8 * length);
      const strings: string[] = [];
      for (let i = 0; i < length; i++) strings.push(readString(cursor));
      return strings;
    }
    case GGUF_VALUE_TYPES.BOOL:
      return Array.from(cursor.bytes(length), (byte) => byte !== 0);
    case GGUF_VALUE_TYPES.ARRAY: {
      cursor.require(12 * length);
      const arrays: GgufArray[] = [];
      for (let i = 0; i < length; i++) arrays.push(readArray(cursor, depth + 1));
      return arrays;
    }
    default:
      return readNumbers(cursor, type, length);
  }
}

type GgufNumbers = Exclude<GgufArray, readonly unknown[]>;

function readNumbers(cursor: ByteCursor, type: number, length: number): GgufNumbers {
  switch (type) {
    case GGUF_VALUE_TYPES.UINT8:
      return cursor.bytes(length);
    case GGUF_VALUE_TYPES.INT8:
      return new Int8Array(cursor.bytes(length).buffer);
    case GGUF_VALUE_TYPES.UINT16:
      return new Uint16Array(cursor.bytes(2 * length).buffer);
    case GGUF_VALUE_TYPES.INT16:
      return new Int16Array(cursor.bytes(2 * length).buffer);
    case GGUF_VALUE_TYPES.UINT32:
      return new Uint32Array(cursor.bytes(4 * length).buffer);
    case GGUF_VALUE_TYPES.INT32:
      return new Int32Array(cursor.bytes(4 * length).buffer);
    case GGUF_VALUE_TYPES.FLOAT32:
      return new Float32Array(cursor.bytes(4 * length).buffer);
    case GGUF_VALUE_TYPES.UINT64:
      return new BigUint64Array(cursor.bytes(8 * length).buffer);
    case GGUF_VALUE_TYPES.INT64:
      return new BigInt64Array(cursor.bytes(8 * length).buffer);
    case GGUF_VALUE_TYPES.FLOAT64:
      return new Float64Array(cursor.bytes(8 * length).buffer);
    default:
      throw new CheckpointFormatError(cursor.source.name, `a metadata value has the unknown type ${type}`);
  }
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, file: string): number {
  const value = metadata.get(GENERAL.alignment) ?? DEFAULT_ALIGNMENT;
  const valid =
    typeof value === 'number' && value >= 1 && value <= MAX_ALIGNMENT && (value & (value - 1)) === 0;
  if (!valid)
    throw new CheckpointFormatError(file, `its ${GENERAL.alignment} is ${value}, not a power of two`);
  return value;
}
