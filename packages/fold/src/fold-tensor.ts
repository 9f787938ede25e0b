import { convert, elementCount, type TensorData, toFloat32 } from '@grasp/checkpoint';
import type { AxisPlan, TensorPlan } from './axis-plan.js';
import type { TensorChange } from './changes/weight-changes.js';

/** The shape of a tensor after slicing. */
export function slicedShape(shape: readonly number[], plan: TensorPlan): readonly number[] {
  return shape.map((length, axis) => plan[axis]?.kept.length ?? length);
}

/**
 * Changes, slices and scales a tensor in float32, then rounds each element once to the tensor's dtype, to nearest, ties
 * to even. If there is nothing to compute, elements are copied bit for bit.
 *
 * @param name name of the tensor, for the message
 * @throws {NarrowingOverflowError} if the range of the dtype is exceeded
 */
export function foldTensor(
  tensor: TensorData,
  plan: TensorPlan | undefined,
  change: TensorChange | undefined,
  name: string,
): TensorData {
  const changed = change ? applyChange(tensor, change) : tensor;
  const kept = plan ? gatherKept(changed, plan) : changed;
  const [rowFactors, columnFactors] = [plan?.[0]?.factors, plan?.[1]?.factors];
  if (!change && !rowFactors && !columnFactors) return kept;

  const data = toFloat32(kept); // a copy: changed or gathered above
  if (rowFactors) scaleRows(data, rowFactors);
  if (columnFactors) scaleColumns(data, columnFactors, innerSize(kept.shape));
  return convert({ dtype: 'F32', shape: kept.shape, data }, tensor.dtype, name);
}

/** The changed tensor in float32. The given tensor stays as it is. */
function applyChange(tensor: TensorData, change: TensorChange): TensorData {
  const wide = toFloat32(tensor);
  const data = tensor.dtype === 'F32' ? wide.slice() : wide;
  change(data, tensor.shape);
  return { dtype: 'F32', shape: tensor.shape, data };
}

/** Entries behind each index of axis 1: 1 for vectors and matrices, `kh·kw` for a kernel `[out, in, kh, kw]`. */
function innerSize(shape: readonly number[]): number {
  return elementCount(shape.slice(2));
}

/** A copy of the kept rows and columns, in the tensor's dtype. */
function gatherKept(tensor: TensorData, plan: TensorPlan): TensorData {
  const shape = slicedShape(tensor.shape, plan);
  const [size, columns, inner] = [elementCount(shape), tensor.shape[1] ?? 1, innerSize(shape)];
  return tensor.dtype === 'F32'
    ? { dtype: tensor.dtype, shape, data: gather(tensor.data, columns, inner, plan, new Float32Array(size)) }
    : { dtype: tensor.dtype, shape, data: gather(tensor.data, columns, inner, plan, new Uint16Array(size)) };
}

/** Copies the kept rows and columns of `source` `[·, columns, inner]` to `target`, which they fill. */
function gather<Elements extends Float32Array | Uint16Array>(
  source: Elements,
  columns: number,
  inner: number,
  [rowPlan, columnPlan]: TensorPlan,
  target: Elements,
): Elements {
  const length = columns * inner;
  const rows = rowPlan?.kept.length ?? source.length / length;
  const picked = columnPlan && columnPlan.kept.length < columns ? columnPlan.kept : undefined;
  const width = (picked?.length ?? columns) * inner;
  for (let row = 0, at = 0; row < rows; row++, at += width) {
    const start = (rowPlan ? rowPlan.kept[row]! : row) * length;
    if (!picked) {
      target.set(source.subarray(start, start + length), at);
    } else if (inner === 1) {
      for (let column = 0; column < width; column++) target[at + column] = source[start + picked[column]!]!;
    } else {
      picked.forEach((column, place) => {
        const first = start + column * inner;
        target.set(source.subarray(first, first + inner), at + place * inner);
      });
    }
  }
  return target;
}

function scaleRows(data: Float32Array, factors: NonNullable<AxisPlan['factors']>): void {
  const length = data.length / factors.length;
  for (let row = 0, at = 0; row < factors.length; row++) {
    const factor = factors[row]!;
    for (const end = at + length; at < end; at++) data[at]! *= factor;
  }
}

function scaleColumns(data: Float32Array, factors: NonNullable<AxisPlan['factors']>, inner: number): void {
  for (let at = 0; at < data.length; ) {
    for (let column = 0; column < factors.length; column++) {
      const factor = factors[column]!;
      for (const end = at + inner; at < end; at++) data[at]! *= factor;
    }
  }
}
