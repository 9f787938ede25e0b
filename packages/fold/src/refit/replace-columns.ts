import type { Checkpoint } from '@grasp/checkpoint';
import { FoldError } from '../errors.js';

/** New values for some columns of a matrix. */
export interface ReplacedColumns {
  /** Name of the matrix in the checkpoint, of shape `[m, all columns]`. */
  readonly tensor: string;
  /** The columns to replace, `n` of them. */
  readonly columns: Uint32Array;
  /** `[n, m]`: row `i` replaces column `columns[i]`. */
  readonly weights: Float32Array;
}

/** @throws {FoldError} if the matrix is missing, has another shape, or lacks a column. */
export function assertColumnsFit(
  checkpoint: Checkpoint,
  { tensor, columns, weights }: ReplacedColumns,
): void {
  const shape = checkpoint.tensors.get(tensor)?.shape;
  const fits =
    shape?.length === 2 &&
    weights.length === columns.length * shape[0]! &&
    columns.every((column) => column < shape[1]!);
  if (!fits) {
    throw new FoldError(
      `${checkpoint.source}: ${tensor} ${shape ? `has shape [${shape.join(', ')}]` : 'is missing'}; ` +
        `the ${columns.length} replaced columns have ${weights.length} entries.`,
    );
  }
}

/**
 * Replaces columns of a matrix, in place.
 *
 * @param matrix `[rows, width]`
 */
export function replaceColumns(
  matrix: Float32Array,
  rows: number,
  width: number,
  { columns, weights }: ReplacedColumns,
): void {
  columns.forEach((column, place) => {
    for (let row = 0; row < rows; row++) matrix[row * width + column] = weights[place * rows + row]!;
  });
}
