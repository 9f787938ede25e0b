/** TF_DataType */
export const DT = {
  float: 1,
  double: 2,
  int32: 3,
  uint8: 4,
  int16: 5,
  int8: 6,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  uint16: 17,
  half: 19,
  resource: 20,
} as const;

const bytesPerElement: Readonly<Record<number, number>> = {
  [DT.float]: 4,
  [DT.double]: 8,
  [DT.int32]: 4,
  [DT.uint8]: 1,
  [DT.int16]: 2,
  [DT.int8]: 1,
  [DT.complex64]: 8,
  [DT.int64]: 8,
  [DT.bool]: 1,
  [DT.bfloat16]: 2,
  [DT.uint16]: 2,
  [DT.half]: 2,
};

/** Bytes of one element. 0 if the type has no fixed size (string, resource). */
export function elementBytes(dtype: number): number {
  return bytesPerElement[dtype] ?? 0;
}

export type TfjsDataType = 'float32' | 'int32' | 'bool' | 'complex64' | 'string';

/** The nearest tfjs dtype of a TensorFlow type, or undefined if there is none. */
export function tfjsDataType(dtype: number): TfjsDataType | undefined {
  switch (dtype) {
    case DT.float:
    case DT.bfloat16:
    case DT.half:
    case DT.double:
      return 'float32';
    case DT.int32:
    case DT.int64:
    case DT.uint8:
    case DT.int8:
    case DT.int16:
    case DT.uint16:
      return 'int32';
    case DT.bool:
      return 'bool';
    case DT.complex64:
      return 'complex64';
    case DT.string:
    // tfjs-node passes resources (summary writers) as strings.
    case DT.resource:
      return 'string';
    default:
      return undefined;
  }
}

export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dim of shape) count *= dim;
  return count;
}
