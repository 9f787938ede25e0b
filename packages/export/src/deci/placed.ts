import {
  elementCount,
  float32ToBfloat16,
  float32ToFloat16,
  type TensorData,
  type TensorInfo,
} from '@grasp/checkpoint';

/** Where blocks of rows (axis 0) or columns (axis 1) stand: block `i` begins at `i · stride`. */
export interface Placement {
  readonly axis: 0 | 1;
  readonly block: number;
  readonly stride: number;
}

/**
 * A tensor in a larger one. The rest is zeros. Without a tensor: filled with one value.
 *
 * @param info shape and dtype of the larger tensor, of one or two axes
 */
export function placed(
  tensor: TensorData | undefined,
  { shape, dtype }: TensorInfo,
  placement: Placement,
  otherwise: number,
): TensorData {
  const size = elementCount(shape);
  if (!tensor) return filled(shape, dtype, size, otherwise);
  if (tensor.shape.every((length, axis) => length === shape[axis])) return tensor;
  if (tensor.dtype === 'F32') {
    return { dtype: 'F32', shape, data: copied(tensor, shape, placement, new Float32Array(size)) };
  }
  return { dtype: tensor.dtype, shape, data: copied(tensor, shape, placement, new Uint16Array(size)) };
}

function filled(
  shape: readonly number[],
  dtype: TensorInfo['dtype'],
  size: number,
  value: number,
): TensorData {
  const data = new Float32Array(size).fill(value);
  if (dtype === 'F32') return { dtype, shape, data };
  return { dtype, shape, data: (dtype === 'F16' ? float32ToFloat16(data) : float32ToBfloat16(data)).data };
}

function copied<T extends Float32Array | Uint16Array>(
  tensor: { readonly shape: readonly number[]; readonly data: T },
  shape: readonly number[],
  { axis, block, stride }: Placement,
  out: T,
): T {
  const [rows = 0, columns = 1] = tensor.shape;
  const width = shape[1] ?? 1;
  const target = (index: number) => Math.floor(index / block) * stride + (index % block);
  for (let row = 0; row < rows; row++) {
    const from = tensor.data.subarray(row * columns, (row + 1) * columns);
    if (axis === 0) out.set(from, target(row) * width);
    else {
      for (let column = 0; column < columns; column += block) {
        out.set(from.subarray(column, column + block), row * width + target(column));
      }
    }
  }
  return out;
}
