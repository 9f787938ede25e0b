import type { Checkpoint } from '@grasp/checkpoint';
import { FoldError } from '../errors.js';
import { assertColumnsFit, type ReplacedColumns, replaceColumns } from '../refit/replace-columns.js';
import { addBias, assertBiasFits, type BiasUpdate } from './bias-update.js';
import { addUpdate, assertUpdateFits, type LoraUpdate } from './lora-update.js';
import { assertNormFits, type NormScales, scaleNorm } from './norm-scales.js';

/**
 * Changes of the dense weights that {@link foldCheckpoint} applies before it slices. Rows and columns are those of the
 * dense tensors. If a tensor has several changes, they are applied in the order of the fields below.
 */
export interface WeightChanges {
  /** Refitted columns, from `refitOutputs`. At most one entry per matrix. */
  readonly columns?: readonly ReplacedColumns[];
  /** LoRA products to be added. At most one entry per matrix. */
  readonly lora?: readonly LoraUpdate[];
  /** Factors of norm weights. At most one entry per norm. */
  readonly norms?: readonly NormScales[];
  /** Vectors to be added to biases. At most one entry per bias. */
  readonly biases?: readonly BiasUpdate[];
}

/** Changes a tensor in place. `data` holds its elements in row-major order. */
export type TensorChange = (data: Float32Array, shape: readonly number[]) => void;

/**
 * Checks the changes against the checkpoint and groups them by tensor.
 *
 * @throws {FoldError} if a tensor is missing, has another shape, or has two changes of one field.
 */
export function changesByTensor(checkpoint: Checkpoint, changes: WeightChanges): Map<string, TensorChange> {
  const { columns = [], lora = [], norms = [], biases = [] } = changes;
  const byTensor = new Map<string, TensorChange[]>();
  const seen = new Set<string>();
  const add = (field: keyof WeightChanges, change: { tensor: string }, apply: TensorChange) => {
    const key = `${field} ${change.tensor}`;
    if (seen.has(key)) {
      throw new FoldError(
        `${change.tensor} has two entries in changes.${field}. Join them into one entry per tensor.`,
      );
    }
    seen.add(key);
    byTensor.set(change.tensor, [...(byTensor.get(change.tensor) ?? []), apply]);
  };
  for (const change of columns) {
    assertColumnsFit(checkpoint, change);
    add('columns', change, (matrix, [rows, width]) => replaceColumns(matrix, rows!, width!, change));
  }
  for (const change of lora) {
    assertUpdateFits(checkpoint, change);
    add('lora', change, (matrix, [, width]) => addUpdate(matrix, width!, change));
  }
  for (const change of norms) {
    assertNormFits(checkpoint, change);
    // Factors of 1 change nothing: the vector is then copied bit for bit.
    if (change.scales.every((scale) => scale === 1)) continue;
    add('norms', change, (vector) => scaleNorm(vector, change));
  }
  for (const change of biases) {
    assertBiasFits(checkpoint, change);
    add('biases', change, (vector) => addBias(vector, change));
  }
  return new Map([...byTensor].map(([tensor, steps]) => [tensor, inOrder(steps)]));
}

function inOrder(steps: readonly TensorChange[]): TensorChange {
  return (data, shape) => {
    for (const step of steps) step(data, shape);
  };
}
