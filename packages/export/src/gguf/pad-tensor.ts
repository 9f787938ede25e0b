import { elementCount, type TensorData } from '@grasp/checkpoint';

/**
 * Pads a tensor with zeros at the end of each axis. Without a tensor, returns zeros.
 *
 * @param shape one or two axes, each at least as long as the tensor's
 */
export function padTensor(tensor: TensorData | undefined, shape: readonly number[]): TensorData {
  if (tensor?.shape.every((size, axis) => size === shape[axis])) return tensor;
  const size = elementCount(shape);
  if (!tensor || tensor.dtype === 'F32') {
    return { dtype: 'F32', shape, data: pad(tensor, shape, new Float32Array(size)) };
  }
  return { dtype: tensor.dtype, shape, data: pad(tensor, shape, new Uint16Array(size)) };
}

function pad<T extends Float32Array | Uint16Array>(
  tensor: { readonly shape: readonly number[]; readonly data: T } | undefined,
  shape: readonly number[],
  out: T,
): T {
  if (!tensor) return out;
  const [rows = 0, columns = 1] = tensor.shape;
  const width = shape[1] ?? 1;
  for (let row = 0; row < rows; row++) {
    out.set(tensor.data.subarray(row * columns, (row + 1) * columns), row * width);
  }
  return out;
}
