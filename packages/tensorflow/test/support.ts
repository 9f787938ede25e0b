import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

// By path: @grasp/testing depends on this package.
export { toleranceOf } from '../../testing/src/numbers/tolerance.js';

/** Time limit in ms for a first use, which fetches the library. */
export const openTimeout = 900_000;

/** Standard normal values, determined by the seed. */
export function normal(shape: number[], seed = 1): tf.Tensor {
  return tf.randomNormal(shape, 0, 1, 'float32', seed);
}

/** Asserts that two tensors hold the same bits, shape and dtype. */
export function expectSame(actual: tf.Tensor, expected: tf.Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.dtype).toBe(expected.dtype);
  expect(Buffer.from(bytes(actual)).equals(Buffer.from(bytes(expected)))).toBe(true);
}

function bytes(x: tf.Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = x.dataSync<'float32'>();
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Asserts |actual - expected| ≤ tolerance · (1 + |expected|), element by element. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i]!;
    const e = expected[i]!;
    if (Object.is(a, e)) continue;
    const error = Math.abs(a - e) / (1 + Math.abs(e));
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}
