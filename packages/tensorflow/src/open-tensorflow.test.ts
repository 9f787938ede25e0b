import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { openTensorFlow, type TensorFlow } from './index.js';

let tensorflow: TensorFlow;
beforeAll(async () => {
  tensorflow = await openTensorFlow();
});

it('multiplies', () => {
  const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  expect([...tf.matMul(a, a).dataSync()]).toEqual([7, 10, 15, 22]);
});

it('differentiates', () => {
  const grad = tf.grad((x) => tf.sum(tf.mul(tf.sigmoid(x), x)));
  const x = tf.tensor1d([0, 1, 2]);
  const d = grad(x).dataSync();
  expect(d[0]).toBeCloseTo(0.5);
});

it('records', () => {
  const w = tf.randomNormal([8, 4]);
  const f = tensorflow.record('f', (x) => {
    const h = tf.concat([tf.matMul(x!, w), tf.softmax(tf.slice(x!, [0, 0], [-1, 4]))], 1);
    const [p, q] = tf.split(h, 2, 1);
    return [p!, tf.add(q!, 1), x!, w as tf.Tensor, p!];
  });
  const x = tf.randomNormal([3, 8]) as tf.Tensor;
  const first = f(x);
  const second = f(x);
  for (let i = 0; i < 5; i++) expect([...second[i]!.dataSync()]).toEqual([...first[i]!.dataSync()]);
  tf.dispose(first);
  tf.dispose(second);
  expect(x.isDisposed).toBe(false);
  expect([...f(x)[2]!.dataSync()]).toEqual([...x.dataSync()]);
});

it('half', () => {
  const w = tf.randomNormal([8, 4]) as tf.Tensor;
  const b = tensorflow.toBfloat16(w);
  expect(b.dtype).toBe('float32');
  const x = tf.randomNormal([3, 8]) as tf.Tensor;
  const want = tf.matMul(x, w).dataSync();
  const got = tensorflow.matMul(x, b, false, false).dataSync();
  for (let i = 0; i < 12; i++) expect(Math.abs(got[i]! - want[i]!)).toBeLessThan(0.05);
  expect(tensorflow.isBfloat16(tf.gather(b, [1, 2]))).toBe(true);
  expect(tensorflow.isBfloat16(tf.slice(b, [1], [2]))).toBe(true);
  expect(() => tf.add(b, b)).toThrow(/bfloat16/);
  expect(() => tensorflow.record('r', (y) => [tf.scalar(y!.dataSync()[0]!)])(x)).toThrow(/reads/);
});
