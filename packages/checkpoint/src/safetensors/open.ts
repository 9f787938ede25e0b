import { type ByteSource, openFileSource, readElements } from '../bytes/byte-source.js';
import { TensorMissingError } from '../errors.js';
import { readSafetensorsHeader, type SafetensorsDType, type SafetensorsInfo } from './header.js';

/** The typed array of each dtype. `F16` and `BF16` are raw 16-bit patterns, `BOOL` is one byte each. */
export interface SafetensorsArrays {
  F64: Float64Array<ArrayBuffer>;
  I64: BigInt64Array<ArrayBuffer>;
  U64: BigUint64Array<ArrayBuffer>;
  F32: Float32Array<ArrayBuffer>;
  I32: Int32Array<ArrayBuffer>;
  U32: Uint32Array<ArrayBuffer>;
  F16: Uint16Array<ArrayBuffer>;
  BF16: Uint16Array<ArrayBuffer>;
  I16: Int16Array<ArrayBuffer>;
  U16: Uint16Array<ArrayBuffer>;
  I8: Int8Array<ArrayBuffer>;
  U8: Uint8Array<ArrayBuffer>;
  BOOL: Uint8Array<ArrayBuffer>;
}

/** A tensor of any dtype, elements in row-major order. */
export type SafetensorsTensor = {
  [D in SafetensorsDType]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: SafetensorsArrays[D];
  };
}[SafetensorsDType];

export interface SafetensorsFile {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SafetensorsInfo>;
  /** Reads one tensor. Throws `TensorMissingError` if the file has none of that name. */
  read(name: string): Promise<SafetensorsTensor>;
  /** Closes the file. Reading fails afterwards. */
  close(): Promise<void>;
}

/**
 * Opens one safetensors file and checks its header. `read` reads a tensor.
 *
 * @throws CheckpointMissingError, CheckpointReadError, CheckpointFormatError, CheckpointUnsupportedError
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const source = await openFileSource(path);
  try {
    return safetensorsOf(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A safetensors file from any source of bytes. */
export function safetensorsOf(source: ByteSource): SafetensorsFile {
  const { metadata, tensors } = readSafetensorsHeader(source);
  return {
    path: source.name,
    metadata,
    tensors,
    async read(name) {
      const info = tensors.get(name);
      if (info === undefined) throw new TensorMissingError(source.name, name);
      const tensor = emptyTensor(info.dtype, info.shape, new ArrayBuffer(info.byteLength));
      await readElements(source, info.position, tensor.data);
      return tensor;
    },
    close: () => source.close(),
  };
}

function emptyTensor(
  dtype: SafetensorsDType,
  shape: readonly number[],
  buffer: ArrayBuffer,
): SafetensorsTensor {
  switch (dtype) {
    case 'F64':
      return { dtype, shape, data: new Float64Array(buffer) };
    case 'I64':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'U64':
      return { dtype, shape, data: new BigUint64Array(buffer) };
    case 'F32':
      return { dtype, shape, data: new Float32Array(buffer) };
    case 'I32':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'U32':
      return { dtype, shape, data: new Uint32Array(buffer) };
    case 'F16':
    case 'BF16':
      return { dtype, shape, data: new Uint16Array(buffer) };
    case 'I16':
      return { dtype, shape, data: new Int16Array(buffer) };
    case 'U16':
      return { dtype, shape, data: new Uint16Array(buffer) };
    case 'I8':
      return { dtype, shape, data: new Int8Array(buffer) };
    case 'U8':
    case 'BOOL':
      return { dtype, shape, data: new Uint8Array(buffer) };
  }
}
