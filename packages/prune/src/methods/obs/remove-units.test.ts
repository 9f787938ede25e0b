import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../engine/open-engine.js';
import { MethodError } from '../errors.js';
import { removeUnits } from './remove-units.js';

beforeAll(async () => {
  await openEngine({ backend: 'wasm' });
});

const [n, d] = [64, 4];
const weight = Float32Array.from({ length: d * n }, (_, i) => 1 + (i % n) / n);
const identity = () => Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
const problem = (inputs: Float32Array) => ({ tensor: 'down', weight, inputs, width: 1, keep: 8 });

describe('removeUnits', () => {
  it('removes the columns with the smallest weights where inputs are independent', async () => {
    const kept = await removeUnits(problem(identity()));
    expect([...kept]).toEqual(Array.from({ length: n }, (_, unit) => (unit < n - 8 ? 0 : 1)));
  });

  it('goes on where rounding made the moments indefinite, and leaves no tensor behind', async () => {
    const inputs = identity();
    inputs[1] = inputs[n] = 1.02; // an eigenvalue of −0.02, below the damping
    const before = tf.memory().numTensors;
    const kept = await removeUnits(problem(inputs));
    expect(kept.reduce((sum, bit) => sum + bit, 0)).toBe(8);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses more protected units than may stay', async () => {
    const protect = new Uint8Array(n).fill(1, 0, 9);
    await expect(removeUnits({ ...problem(identity()), protect })).rejects.toThrow(
      'down: 8 units may stay, and more are protected',
    );
    const kept = await removeUnits({ ...problem(identity()), protect, keep: 9 });
    expect([...kept]).toEqual([...protect]);
  });

  it('refuses moments that are not finite', async () => {
    const inputs = identity().fill(Number.NaN, 0, n);
    await expect(removeUnits(problem(inputs))).rejects.toThrow(MethodError);
  });
});
