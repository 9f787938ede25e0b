import { type Checkpoint, convert, TensorMissingError, toFloat32 } from '@grasp/checkpoint';
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
  const byName = new Map(replaced.map((matrix) => [matrix.tensor, matrix]));
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
  const { source, config, tensors, files } = checkpoint;
  return {
    source,
    config,
    tensors,
    files,
    async read(name) {
      if (!checkpoint.tensors.has(name)) throw new TensorMissingError(checkpoint.source, name);
      const tensor = await checkpoint.read(name);
      const matrix = byName.get(name);
      if (!matrix) return tensor;
      const [rows, width] = tensor.shape as [number, number];
      const data = toFloat32(tensor).slice(); // [rows, width]
      matrix.columns.forEach((column, place) => {
        for (let row = 0; row < rows; row++) data[row * width + column] = matrix.weights[place * rows + row]!;
      });
      return convert({ dtype: 'F32', shape: tensor.shape, data }, tensor.dtype, name);
    },
    close: () => checkpoint.close(),
  };
}
