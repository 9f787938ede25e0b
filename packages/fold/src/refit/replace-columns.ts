import type { Checkpoint } from '@grasp/checkpoint';
import { changeMatrices, type MatrixChange } from '../change-matrices.js';
import { FoldError } from '../errors.js';

/** New values for some columns of a matrix of a checkpoint. */
export interface ReplacedColumns {
  /** The matrix' name; `[m, all columns]` in the checkpoint. */
  readonly tensor: string;
  /** Which columns, `n` of them. */
  readonly columns: Uint32Array;
  /** Their values, `[n, m]`: a column of the checkpoint is a row here, as units are rows everywhere else. */
  readonly weights: Float32Array;
}

/**
 * A view of a checkpoint with some columns replaced as they are read, in the checkpoint's own dtype. Names and shapes
 * stay, so that {@link foldCheckpoint} takes it as it takes the checkpoint itself.
 *
 * @throws {FoldError} if a matrix is missing or has another shape.
 */
export function replaceColumns(checkpoint: Checkpoint, replaced: readonly ReplacedColumns[]): Checkpoint {
  for (const { tensor, columns, weights } of replaced) {
    const shape = checkpoint.tensors.get(tensor)?.shape;
    const fits =
      shape?.length === 2 &&
      weights.length === columns.length * shape[0]! &&
      columns.every((column) => column < shape[1]!);
    if (!fits) {
      throw new FoldError(
        `${checkpoint.source}: ${tensor} ${shape ? `has shape [${shape.join(', ')}]` : 'is missing'}; ` +
          `it was to get ${columns.length} columns with ${weights.length} entries.`,
      );
    }
  }
  const changes = replaced.map(({ tensor, columns, weights }): [string, MatrixChange] => [
    tensor,
    (matrix, [rows, width]) => {
      columns.forEach((column, place) => {
        for (let row = 0; row < rows; row++) matrix[row * width + column] = weights[place * rows + row]!;
      });
    },
  ]);
  return changeMatrices(checkpoint, new Map(changes));
}
