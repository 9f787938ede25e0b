import type { UnitBlock } from '@grasp/budget';
import type { OutputProblem } from '@grasp/fold';
import type { Permutation } from '../weights/permutation.js';
import { rowsOfUnits } from '../weights/permutation.js';
import { projectionName } from '../weights/tensor-names.js';
import type { RefitSums } from './refit-sums.js';

/**
 * The least-squares problem of one sublayer, from sums over the computed units. The kept units come first among these,
 * in their own order.
 *
 * @param matrix the output matrix of all units in their own order, `[U·w, m]`.
 */
export async function outputProblem(
  block: UnitBlock,
  mask: Uint8Array,
  { order, computed }: Permutation,
  matrix: Float32Array,
  sums: RefitSums,
): Promise<OutputProblem> {
  const [P, m] = sums.cross.shape as [number, number];
  const width = P / computed;
  const kept = mask.subarray(block.start, block.start + block.count).reduce((sum, bit) => sum + bit, 0);
  const columns = Uint32Array.from(rowsOfUnits(order.subarray(0, kept), width));
  const n = columns.length;
  const all = await sums.gram.data<'float32'>();
  const gram = n === P ? all : new Float32Array(n * n); // may be hundreds of megabytes
  if (n < P) for (let i = 0; i < n; i++) gram.set(all.subarray(i * P, i * P + n), i * n);
  const weights = new Float32Array(n * m);
  columns.forEach((column, i) => {
    weights.set(matrix.subarray(column * m, (column + 1) * m), i * m);
  });
  return {
    block,
    tensor: projectionName(block.layer, block.kind === 'kv' ? 'o' : 'down', 'weight'),
    columns,
    inputs: n,
    outputs: m,
    gram,
    cross: (await sums.cross.data<'float32'>()).subarray(0, n * m),
    squares: (await sums.squares.data())[0]!,
    weights,
  };
}

/** The matrix with the solution in the rows of the kept units. */
export function withSolution(
  matrix: Float32Array,
  { columns, outputs: m }: OutputProblem,
  solution: Float32Array,
): { values: Float32Array; columns: number } {
  const values = matrix.slice();
  columns.forEach((column, i) => {
    values.set(solution.subarray(i * m, (i + 1) * m), column * m);
  });
  return { values, columns: m };
}
