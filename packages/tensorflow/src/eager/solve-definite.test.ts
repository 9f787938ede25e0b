import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normal, openTimeout, toleranceOf } from '../../test/support.js';
import { openTensorFlow, type TensorFlow } from '../index.js';

let tensorFlow: TensorFlow;
beforeAll(async () => {
  tensorFlow = await openTensorFlow();
}, openTimeout);
afterAll(() => tensorFlow.dispose());

/** `[rows, columns]` by `[columns, width]`, row-major. */
function product(a: Float64Array, b: Float64Array, rows: number, columns: number): Float64Array {
  const width = b.length / columns;
  return Float64Array.from({ length: rows * width }, (_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += a[row * columns + k]! * b[k * width + column]!;
    return sum;
  });
}

const values = (shape: [number, number], seed: number): Float64Array => {
  const x = normal(shape, seed);
  const data = Float64Array.from(x.dataSync());
  x.dispose();
  return data;
};

describe('solveDefinite', () => {
  it.each([1, 2, 67])('solves %i equations in float64', (n) => {
    const m = 5;
    const root = values([n, n + 9], n);
    const transposed = Float64Array.from(root, (_, at) => root[(at % n) * (n + 9) + Math.floor(at / n)]!);
    const a = product(root, transposed, n, n + 9);
    const x = values([n, m], n + 1);
    const { tensors } = tensorFlow.memory();
    const solution = tensorFlow.solveDefinite(a, product(a, x, n, n), n)!;
    // A has a condition number of about 1,000. Errors grow by its square root. Measured: 3e-14.
    const error = Math.max(...solution.map((value, i) => Math.abs(value - x[i]!)));
    expect(error).toBeLessThan(toleranceOf('float64', n, 32));
    expect(tensorFlow.memory().tensors).toBe(tensors);
  });

  it('has no solution where the matrix is not definite, and one of nothing for no equations', () => {
    const { tensors } = tensorFlow.memory();
    expect(tensorFlow.solveDefinite(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1), 2)).toBeUndefined();
    expect(tensorFlow.solveDefinite(Float64Array.of(Number.NaN), Float64Array.of(1), 1)).toBeUndefined();
    expect(tensorFlow.solveDefinite(new Float64Array(0), new Float64Array(0), 0)).toHaveLength(0);
    expect(tensorFlow.memory().tensors).toBe(tensors);
  });
});
