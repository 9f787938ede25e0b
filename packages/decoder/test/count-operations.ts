import * as tf from '@tensorflow/tfjs-core';
import { eagerRuntime, type Runtime } from '../src/runtime/runtime.js';

/** Floating-point operations of the product `a · b`: two for each element of `a` and column of the result. */
function operationsOf(elementsOfA: number, result: readonly number[]): number {
  return 2 * elementsOfA * result.at(-1)!;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** A runtime that counts the operations of the products that it is asked for. */
export function countingRuntime(): { readonly runtime: Runtime; readonly counted: { operations: number } } {
  const counted = { operations: 0 };
  const matMul: Runtime['matMul'] = (a, b, transposeA, transposeB) => {
    const result = eagerRuntime.matMul(a, b, transposeA, transposeB);
    counted.operations += operationsOf(a.size, result.shape);
    return result;
  };
  return { runtime: { ...eagerRuntime, matMul }, counted };
}

/** Runs work, and counts the operations of every matrix product that the backend executes. */
export async function executedOperations(work: () => Promise<unknown>): Promise<number> {
  const { kernels } = await tf.profile(async () => {
    await work();
    return [];
  });
  return kernels
    .filter(({ name }) => name.includes('MatMul'))
    .reduce((sum, { inputShapes, outputShapes }) => {
      return sum + operationsOf(sizeOf(inputShapes[0]!), outputShapes[0]!);
    }, 0);
}
