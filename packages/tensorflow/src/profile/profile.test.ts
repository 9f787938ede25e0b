import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normal, openTimeout } from '../../test/support.js';
import { openTensorFlow, type TensorFlow } from '../index.js';

describe.skipIf(process.platform !== 'linux')('profile', () => {
  let tensorFlow: TensorFlow;
  beforeAll(async () => {
    tensorFlow = await openTensorFlow({ threads: { intra: 1 } });
  }, openTimeout);
  afterAll(() => tensorFlow.dispose());

  it('counts each kernel of a recorded function, in every profile', async () => {
    const weights = normal([64, 64]);
    const layer = tensorFlow.record('layer', (x) => {
      const hidden = tf.matMul(x, weights);
      return [tf.mul(hidden, tf.sigmoid(hidden))];
    });
    const x = normal([32, 64], 2);
    tf.dispose(layer(x));
    for (const calls of [3, 5]) {
      const kernels = await tensorFlow.profile(async () => {
        for (let i = 0; i < calls; i++) tf.dispose(layer(x));
      });
      const counts = Object.fromEntries(kernels.map(({ name, count }) => [name, count]));
      expect(counts).toMatchObject({ Sigmoid: calls, Mul: calls });
      const product = kernels.find(({ name }) => name.includes('MatMul'))!;
      expect(product).toMatchObject({ device: 'cpu', count: calls });
      expect(product.seconds).toBeGreaterThan(0);
    }
  });

  it('throws what the work throws, and can profile again', async () => {
    await expect(
      tensorFlow.profile(async () => {
        throw new RangeError('of the work');
      }),
    ).rejects.toThrow('of the work');
    expect(await tensorFlow.profile(async () => {})).toEqual([]);
  });
});
