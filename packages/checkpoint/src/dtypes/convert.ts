import type { TensorData, TensorDType } from '../checkpoint.js';
import { NarrowingOverflowError } from '../errors.js';
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './float16.js';

/** The elements of a tensor as float32, exactly. Returns the array of an `F32` tensor itself, not a copy. */
export function toFloat32(tensor: TensorData): Float32Array {
  switch (tensor.dtype) {
    case 'F32':
      return tensor.data;
    case 'F16':
      return float16ToFloat32(tensor.data);
    case 'BF16':
      return bfloat16ToFloat32(tensor.data);
  }
}

/**
 * Converts a tensor to another dtype. Narrowing rounds to nearest, ties to even. A tensor of that dtype is returned
 * unchanged.
 *
 * @param name name of the tensor, for the message
 * @throws NarrowingOverflowError if a finite element would become infinite
 */
export function convert(tensor: TensorData, dtype: TensorDType, name = 'tensor'): TensorData {
  if (tensor.dtype === dtype) return tensor;
  const wide = toFloat32(tensor);
  if (dtype === 'F32') return { dtype, shape: tensor.shape, data: wide };
  const { data, overflow } = dtype === 'F16' ? float32ToFloat16(wide) : float32ToBfloat16(wide);
  if (overflow) throw new NarrowingOverflowError(name, overflow.index, overflow.value, dtype);
  return { dtype, shape: tensor.shape, data };
}
