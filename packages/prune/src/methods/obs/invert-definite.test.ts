import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../engine/open-engine.js';
import { invertDefinite } from './invert-definite.js';

describe('invertDefinite', () => {
  beforeAll(async () => {
    await openEngine({ backend: 'wasm' });
  });

  it('is close to the inverse where the matrix is divided twice', async () => {
    const n = 121;
    const matrix = tf.tidy(() => {
      const x = tf.randomNormal([2 * n, n], 0, 1, 'float32', 1);
      const damped = tf.add(tf.matMul(x, x, true, false), tf.mul(tf.eye(n), 0.01 * n));
      return damped as tf.Tensor2D;
    });
    const before = tf.memory().numTensors;
    const inverse = (await invertDefinite(matrix, 40))!;
    expect(tf.memory().numTensors).toBe(before + 1);
    const worst = await tf.tidy(() => tf.max(tf.abs(tf.sub(tf.matMul(matrix, inverse), tf.eye(n))))).data();
    // Rounding grows with the condition number, at most (1 + √½)² / (1 − √½)² = 34, and with the length of a sum.
    expect(worst[0]).toBeLessThan(34 * Math.sqrt(n) * 2 ** -24 * 4);
    tf.dispose([matrix, inverse]);
  });

  it('gives nothing for a matrix that is not definite, wherever that shows', async () => {
    for (const place of [0, 40, 70]) {
      const diagonal = tf.tensor1d(Float32Array.from({ length: 71 }, (_, i) => (i === place ? -1 : 1)));
      const matrix = tf.tidy(() => tf.diag(diagonal) as tf.Tensor2D);
      const before = tf.memory().numTensors;
      expect(await invertDefinite(matrix, 40)).toBeUndefined();
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose([diagonal, matrix]);
    }
  });
});
