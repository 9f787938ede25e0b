import type { Checkpoint } from '@grasp/checkpoint';
import { FoldError } from '../errors.js';

/** A LoRA product `A·B` that is added to a matrix, or to some of its rows and columns. */
export interface LoraUpdate {
  /** Name of the matrix in the checkpoint, of shape `[all outputs, all inputs]`. */
  readonly tensor: string;
  /** The columns to add to, `n` of them. Default all. */
  readonly inputs?: Uint32Array;
  /** The rows to add to, `m` of them. Default all. */
  readonly outputs?: Uint32Array;
  readonly rank: number;
  /** `[n, rank]` */
  readonly a: Float32Array;
  /** `[rank, m]` */
  readonly b: Float32Array;
}

/** @throws {FoldError} if the matrix is missing, has another shape, or lacks a row or column. */
export function assertUpdateFits(
  checkpoint: Checkpoint,
  { tensor, inputs, outputs, rank, a, b }: LoraUpdate,
): void {
  const shape = checkpoint.tensors.get(tensor)?.shape;
  const fits = (length: number | undefined, chosen: Uint32Array | undefined, factors: Float32Array) =>
    length !== undefined &&
    factors.length === rank * (chosen?.length ?? length) &&
    (chosen?.every((index) => index < length) ?? true);
  if (shape?.length !== 2 || !fits(shape[0], outputs, b) || !fits(shape[1], inputs, a)) {
    throw new FoldError(
      `${checkpoint.source}: ${tensor} ${shape ? `has shape [${shape.join(', ')}]` : 'is missing'}; ` +
        `its update of rank ${rank} has factors of ${a.length} and ${b.length} entries.`,
    );
  }
}

/**
 * Adds the product to a matrix, in place. Each entry of the product is summed in float64, so the result is rounded to
 * float32 once.
 *
 * @param matrix `[all outputs, width]`
 */
export function addUpdate(
  matrix: Float32Array,
  width: number,
  { inputs, outputs, rank, a, b }: LoraUpdate,
): void {
  const [n, m] = [a.length / rank, b.length / rank];
  const row = new Float64Array(n);
  for (let output = 0; output < m; output++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = b[k * m + output]!;
      for (let input = 0; input < n; input++) row[input]! += a[input * rank + k]! * factor;
    }
    const start = (outputs ? outputs[output]! : output) * width;
    for (let input = 0; input < n; input++) matrix[start + (inputs ? inputs[input]! : input)]! += row[input]!;
  }
}
