import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, it } from 'vitest';
import { type Activation, activate, activateWithSlope } from './activation.js';

beforeAll(() => tf.setBackend('wasm').then(() => {}));

const ALL: Readonly<Record<Activation, (x: number) => number>> = {
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  'gelu-tanh': (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  'quick-gelu': (x) => x / (1 + Math.exp(-1.702 * x)),
  relu: (x) => Math.max(x, 0),
  relu2: (x) => Math.max(x, 0) ** 2,
};

/** The error function by its series, which converges fast for |x| ≤ 3. */
function erf(x: number): number {
  let [sum, term] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

it.each(Object.entries(ALL))('%s has its values, and the slope of finite differences', async (name, f) => {
  const points = [-3, -1.3, -0.4, -0.01, 0.01, 0.7, 1.9, 3];
  const h = 1e-5;
  const { value, slope } = activateWithSlope(name as Activation, tf.tensor1d(points));
  const plain = await activate(name as Activation, tf.tensor1d(points)).data();
  const [values, slopes] = [await value.data(), await slope.data()];
  for (const [i, x] of points.entries()) {
    // float32; the kernel of erf is a polynomial that is exact to 1.5e-7.
    expect(values[i]).toBeCloseTo(f(x), 5);
    expect(plain[i]).toBeCloseTo(f(x), 5);
    expect(slopes[i], `${x}`).toBeCloseTo((f(x + h) - f(x - h)) / (2 * h), 5);
  }
});
