import type { Binding } from '../tfjs/binding.js';
import { DT } from '../c-api/data-types.js';
import { TensorFlowOpError } from '../errors.js';
import { invalidArgument } from '../c-api/status.js';
import type { StoredTensor, TensorStore } from './tensor-store.js';

/**
 * Solves `A X = B` by Cholesky in float64, for a symmetric positive definite `A`, of which the lower triangle is read.
 *
 * @param a `[n, n]`, row-major
 * @param b `[n, m]`, row-major
 * @returns `X`, `[n, m]`; undefined where `A` is not positive definite
 */
export function solveDefinite(
  binding: Binding,
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
    const [output] = binding.executeOp(name, named, inputs, 1) as [StoredTensor];
    return keep(output.id);
  };
  try {
    const factor = run('Cholesky', {}, [keep(binding.createTensor([n, n], DT.double, a))]);
    const right = keep(binding.createTensor([n, b.length / n], DT.double, b));
    const half = run('MatrixTriangularSolve', { lower: true, adjoint: false }, [factor, right]);
    const solution = tensors.readDoubles(
      run('MatrixTriangularSolve', { lower: true, adjoint: true }, [factor, half]),
    );
    return Number.isNaN(solution[0]) ? undefined : solution; // a GPU says so with a factor of NaN
  } catch (error) {
    if (
      error instanceof TensorFlowOpError &&
      error.operation === 'Cholesky' &&
      error.status === invalidArgument
    )
      return undefined;
    throw error;
  } finally {
    for (const id of made) binding.deleteTensor(id);
  }
}
