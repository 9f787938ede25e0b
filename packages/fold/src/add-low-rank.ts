import type { Checkpoint } from '@grasp/checkpoint';
import { changeMatrices, type MatrixChange } from './change-matrices.js';
import { FoldError } from './errors.js';

/** `A·B`, of rank `r`, to be added to a matrix of a checkpoint, or to a part of it. */
export interface LowRankUpdate {
  /** The matrix' name; `[all outputs, all inputs]` in the checkpoint. */
  readonly tensor: string;
  /** Which columns, `n` of them. Default all. */
  readonly inputs?: Uint32Array;
  /** Which rows, `m` of them. Default all. */
  readonly outputs?: Uint32Array;
  readonly rank: number;
  /** `[n, r]` */
  readonly a: Float32Array;
  /** `[r, m]` */
  readonly b: Float32Array;
}

/**
 * A view of a checkpoint with updates added to its matrices as they are read, in float32, rounded to the checkpoint's own
 * dtype. Names and shapes stay, so that `foldCheckpoint` takes it as it takes the checkpoint itself.
 *
 * @throws {FoldError} if a matrix is missing or has another shape, or has two updates.
 */
export function addLowRank(checkpoint: Checkpoint, updates: readonly LowRankUpdate[]): Checkpoint {
  const changes = new Map(
    updates.map((update): [string, MatrixChange] => {
      assertFits(checkpoint, update);
      return [update.tensor, (matrix, [, width]) => addTo(matrix, width, update)];
    }),
  );
  if (changes.size < updates.length) throw new FoldError('A matrix has two updates of low rank; join them.');
  return changeMatrices(checkpoint, changes);
}

function assertFits(checkpoint: Checkpoint, { tensor, inputs, outputs, rank, a, b }: LowRankUpdate): void {
  const shape = checkpoint.tensors.get(tensor)?.shape;
  const fits = (length: number | undefined, chosen: Uint32Array | undefined, factors: Float32Array) =>
    length !== undefined &&
    factors.length === rank * (chosen?.length ?? length) &&
    (chosen?.every((index) => index < length) ?? true);
  if (shape?.length !== 2 || !fits(shape[0], outputs, b) || !fits(shape[1], inputs, a)) {
    throw new FoldError(
      `${checkpoint.source}: ${tensor} ${shape ? `has shape [${shape.join(', ')}]` : 'is missing'}; ` +
        `its update of rank ${rank} has ${a.length} and ${b.length} factors.`,
    );
  }
}

/** Adds to `matrix [·, width]`. */
function addTo(matrix: Float32Array, width: number, { inputs, outputs, rank: r, a, b }: LowRankUpdate): void {
  const [n, m] = [a.length / r, b.length / r];
  const row = new Float64Array(n);
  for (let output = 0; output < m; output++) {
    row.fill(0);
    for (let k = 0; k < r; k++) {
      const factor = b[k * m + output]!;
      for (let input = 0; input < n; input++) row[input]! += a[input * r + k]! * factor;
    }
    const start = (outputs ? outputs[output]! : output) * width;
    for (let input = 0; input < n; input++) matrix[start + (inputs ? inputs[input]! : input)]! += row[input]!;
  }
}
