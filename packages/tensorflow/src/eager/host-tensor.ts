import type { CApi, Pointer } from '../c-api/c-api.js';
import { DT, elementBytes, elementCount } from '../c-api/data-types.js';
import { UnsupportedTensorError } from '../errors.js';

/** Host values of a tensor, in row-major order. Strings are UTF-8 bytes. */
export type TensorValues = NodeJS.TypedArray | readonly Uint8Array[] | readonly number[] | readonly boolean[];

/** `sizeof(TF_TString)` */
const stringBytes = 24;

/**
 * Copies values into a new TF_Tensor in host memory. The caller frees it.
 *
 * @throws UnsupportedTensorError if the values do not fit the shape, TensorFlow's type is not supported, or memory
 *   runs out
 */
export function allocateHostTensor(
  c: CApi,
  shape: readonly number[],
  dtype: number,
  values: TensorValues,
): Pointer {
  if (dtype === DT.string) return allocateStrings(c, shape, values as readonly Uint8Array[]);
  const size = elementBytes(dtype);
  if (size === 0) throw new UnsupportedTensorError(`Cannot create a tensor of TensorFlow type ${dtype}.`);
  const data = asTypedArray(values, dtype);
  const bytes = elementCount(shape) * size;
  if (data.byteLength !== bytes) {
    throw new UnsupportedTensorError(
      `A tensor of shape [${shape}] takes ${bytes} bytes, but the values have ${data.byteLength}.`,
    );
  }
  const tensor = allocate(c, dtype, shape, bytes);
  if (bytes > 0) c.memcpy(c.TF_TensorData(tensor)!, data, bytes);
  return tensor;
}

/**
 * Copies the values of a TF_Tensor into a typed array. bfloat16 and float64 become float32, and int64 becomes int32.
 *
 * @param count number of elements
 * @throws UnsupportedTensorError if tfjs has no type for the values, or an int64 does not fit int32
 */
export function readHostTensor(
  c: CApi,
  tensor: Pointer,
  dtype: number,
  count: number,
): Float32Array | Int32Array | Uint8Array | Uint8Array[] {
  switch (dtype) {
    case DT.string:
      return readStrings(c, tensor, count);
    case DT.float:
      return copyOut(c, tensor, new Float32Array(count));
    case DT.complex64:
      return copyOut(c, tensor, new Float32Array(2 * count));
    case DT.int32:
      return copyOut(c, tensor, new Int32Array(count));
    case DT.bool:
    case DT.uint8:
      return copyOut(c, tensor, new Uint8Array(count));
    case DT.bfloat16:
      return widenBfloat16(copyOut(c, tensor, new Uint16Array(count)));
    case DT.double:
      return Float32Array.from(copyOut(c, tensor, new Float64Array(count)));
    case DT.int64:
      return narrowInt64(copyOut(c, tensor, new BigInt64Array(count)));
    default:
      throw new UnsupportedTensorError(`Cannot read a tensor of TensorFlow type ${dtype}.`);
  }
}

/** Fills `data` with the bytes of a TF_Tensor and returns it. */
export function copyOut<A extends NodeJS.TypedArray>(c: CApi, tensor: Pointer, data: A): A {
  const bytes = c.TF_TensorByteSize(tensor);
  if (bytes !== data.byteLength) {
    throw new UnsupportedTensorError(`A tensor holds ${bytes} bytes, expected ${data.byteLength}.`);
  }
  if (bytes > 0) c.memcpy(data, c.TF_TensorData(tensor)!, bytes);
  return data;
}

function allocate(c: CApi, dtype: number, shape: readonly number[], bytes: number): Pointer {
  const dims = BigInt64Array.from(shape, BigInt);
  const tensor = c.TF_AllocateTensor(dtype, dims, shape.length, bytes);
  if (!tensor) {
    throw new UnsupportedTensorError(`No memory for a tensor of shape [${shape}] (${bytes} bytes).`);
  }
  return tensor;
}

function allocateStrings(c: CApi, shape: readonly number[], values: readonly Uint8Array[]): Pointer {
  const tensor = allocate(c, DT.string, shape, values.length * stringBytes);
  const data = c.TF_TensorData(tensor);
  values.forEach((bytes, i) => {
    const string = data! + BigInt(i * stringBytes);
    c.TF_StringInit(string);
    c.TF_StringCopy(string, bytes, bytes.length);
  });
  return tensor;
}

function readStrings(c: CApi, tensor: Pointer, count: number): Uint8Array[] {
  const data = c.TF_TensorData(tensor);
  return Array.from({ length: count }, (_, i) => {
    const string = data! + BigInt(i * stringBytes);
    const bytes = new Uint8Array(c.TF_StringGetSize(string));
    if (bytes.length > 0) c.memcpy(bytes, c.TF_StringGetDataPointer(string), bytes.length);
    return bytes;
  });
}

function asTypedArray(values: TensorValues, dtype: number): NodeJS.TypedArray {
  switch (dtype) {
    case DT.float:
      return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>);
    case DT.int32:
      return values instanceof Int32Array ? values : Int32Array.from(values as ArrayLike<number>);
    case DT.bool:
    case DT.uint8:
      return values instanceof Uint8Array ? values : Uint8Array.from(values as ArrayLike<number>);
    default:
      // tfjs passes an int64 scalar as two int32.
      return values as NodeJS.TypedArray;
  }
}

function widenBfloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i]! << 16;
  return new Float32Array(wide.buffer);
}

function narrowInt64(values: BigInt64Array): Int32Array {
  const narrow = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (BigInt.asIntN(32, value) !== value) {
      throw new UnsupportedTensorError(
        `The int64 value ${value} does not fit int32, the integer type of tfjs.`,
      );
    }
    narrow[i] = Number(value);
  }
  return narrow;
}
