import { convert, type TensorData, toFloat32 } from '@grasp/checkpoint';
import type { AxisPlan, TensorPlan } from './axis-plan.js';

/** The shape of what stays of a tensor. */
export function slicedShape(shape: readonly number[], plan: TensorPlan): readonly number[] {
  return shape.map((length, axis) => plan[axis]?.kept.length ?? length);
}

/**
 * What stays of a vector or matrix, scaled. Elements are copied bit for bit; where there are factors they are
 * multiplied in float32 and rounded back to the tensor's dtype, to nearest, ties to even.
 *
 * @param name the tensor's name, for the message
 * @throws {NarrowingOverflowError} if a scaled element is beyond the dtype's range
 */
export function sliceTensor(tensor: TensorData, plan: TensorPlan, name: string): TensorData {
  const shape = slicedShape(tensor.shape, plan);
  const columns = tensor.shape.length === 1 ? 1 : tensor.shape[1]!;
  const size = shape.reduce((product, length) => product * length, 1);
  const kept: TensorData =
    tensor.dtype === 'F32'
      ? { dtype: tensor.dtype, shape, data: gather(tensor.data, columns, plan, new Float32Array(size)) }
      : { dtype: tensor.dtype, shape, data: gather(tensor.data, columns, plan, new Uint16Array(size)) };
  const [rowFactors, columnFactors] = [plan[0]?.factors, plan[1]?.factors];
  if (!rowFactors && !columnFactors) return kept;

  const wide = toFloat32(kept); // [rows, columns], ours: gathered above
  if (rowFactors) scaleRows(wide, rowFactors);
  if (columnFactors) scaleColumns(wide, columnFactors);
  return convert({ dtype: 'F32', shape, data: wide }, tensor.dtype, name);
}

/** Copies the kept rows and columns of `source` [·, columns] to `target`, which they fill. */
function gather<Elements extends Float32Array | Uint16Array>(
  source: Elements,
  columns: number,
  [rowPlan, columnPlan]: TensorPlan,
  target: Elements,
): Elements {
  const rows = rowPlan?.kept.length ?? source.length / columns;
  const picked = columnPlan && columnPlan.kept.length < columns ? columnPlan.kept : undefined;
  const width = picked?.length ?? columns;
  for (let row = 0, at = 0; row < rows; row++, at += width) {
    const start = (rowPlan ? rowPlan.kept[row]! : row) * columns;
    if (!picked) {
      target.set(source.subarray(start, start + columns), at);
      continue;
    }
    for (let column = 0; column < width; column++) target[at + column] = source[start + picked[column]!]!;
  }
  return target;
}

function scaleRows(matrix: Float32Array, factors: NonNullable<AxisPlan['factors']>): void {
  const columns = matrix.length / factors.length;
  for (let row = 0, at = 0; row < factors.length; row++) {
    const factor = factors[row]!;
    for (const end = at + columns; at < end; at++) matrix[at]! *= factor;
  }
}

function scaleColumns(matrix: Float32Array, factors: NonNullable<AxisPlan['factors']>): void {
  for (let at = 0; at < matrix.length; ) {
    for (let column = 0; column < factors.length; column++, at++) matrix[at]! *= factors[column]!;
  }
}
