import { type Checkpoint, convert, TensorMissingError, toFloat32 } from '@grasp/checkpoint';

/** Changes a matrix in place, float32 `[rows, columns]`. */
export type MatrixChange = (matrix: Float32Array, shape: readonly [rows: number, columns: number]) => void;

/**
 * A view of a checkpoint with some matrices changed as they are read, in float32, rounded to the checkpoint's own dtype.
 * Names and shapes stay, so that `foldCheckpoint` takes it as it takes the checkpoint itself.
 */
export function changeMatrices(
  checkpoint: Checkpoint,
  changes: ReadonlyMap<string, MatrixChange>,
): Checkpoint {
  const { source, config, tensors, files } = checkpoint;
  return {
    source,
    config,
    tensors,
    files,
    async read(name) {
      if (!tensors.has(name)) throw new TensorMissingError(source, name);
      const tensor = await checkpoint.read(name);
      const change = changes.get(name);
      if (!change) return tensor;
      const data = toFloat32(tensor).slice();
      change(data, tensor.shape as [number, number]);
      return convert({ dtype: 'F32', shape: tensor.shape, data }, tensor.dtype, name);
    },
    close: () => checkpoint.close(),
  };
}
