import type { NamedAttribute } from '../c-api/attributes.js';
import { DT } from '../c-api/data-types.js';
import { invalidArgument } from '../c-api/status.js';
import { TensorFlowOpError } from '../errors.js';
import type { StoredTensor, TensorStore } from './tensor-store.js';

/** Runs operations on tensors given by their ids. */
interface Operations {
  createTensor(shape: number[], dtype: number, values: Float64Array): number;
  deleteTensor(id: number): void;
  executeOp(
    name: string,
    attrs: readonly NamedAttribute[],
    inputs: readonly number[],
    outputCount: number,
  ): readonly StoredTensor[];
}

/**
 * Solves `A X = B` by Cholesky decomposition in float64. `A` is symmetric positive definite; only its lower triangle is
 * read.
 *
 * @param a `[n, n]`, row-major
 * @param b `[n, m]`, row-major
 * @returns `X [n, m]`, or undefined if `A` is not positive definite
 * @throws TensorFlowClosedError
 */
export function solveDefinite(
  operations: Operations,
  tensors: TensorStore,
  a: Float64Array,
  b: Float64Array,
  n: number,
): Float64Array | undefined {
  if (b.length === 0) return b;
  const made: number[] = [];
  const keep = (id: number) => {
    made.push(id);
    return id;
  };
  const run = (name: string, attrs: Readonly<Record<string, boolean>>, inputs: readonly number[]): number => {
    const named = Object.entries(attrs).map(([attr, value]) => ({ name: attr, value }));
    const [output] = operations.executeOp(name, named, inputs, 1) as [StoredTensor];
    return keep(output.id);
  };
  try {
    const matrix = operations.createTensor([n, n], DT.double, a);
    const factor = run('Cholesky', {}, [keep(matrix)]);
    operations.deleteTensor(made.shift()!); // the matrix, which is as large as its factor
    const right = keep(operations.createTensor([n, b.length / n], DT.double, b));
    const half = run('MatrixTriangularSolve', { lower: true, adjoint: false }, [factor, right]);
    const solution = tensors.readDoubles(
      run('MatrixTriangularSolve', { lower: true, adjoint: true }, [factor, half]),
    );
    // If A is not positive definite, a GPU returns NaN and a CPU reports an error.
    return Number.isNaN(solution[0]) ? undefined : solution;
  } catch (error) {
    if (
      error instanceof TensorFlowOpError &&
      error.operation === 'Cholesky' &&
      error.status === invalidArgument
    )
      return undefined;
    throw error;
  } finally {
    for (const id of made) operations.deleteTensor(id);
  }
}
