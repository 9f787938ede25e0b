import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose, normal, openTimeout, toleranceOf } from '../../test/support.js';
import { openTensorFlow, type TensorFlow, TensorFlowOpError } from '../index.js';

let tensorFlow: TensorFlow;
beforeAll(async () => {
  tensorFlow = await openTensorFlow();
}, openTimeout);
afterAll(() => tensorFlow.dispose());

const swapped = ([...shape]: number[], swap: boolean): number[] => {
  const [columns, rows] = [shape.pop()!, shape.pop()!];
  return [...shape, ...(swap ? [columns, rows] : [rows, columns])];
};

/** The derivative of `f` along each element of `x`, by central differences. `f` is linear, so any step is exact. */
function differences(f: (x: tf.Tensor) => number, x: tf.Tensor): number[] {
  const values = x.dataSync();
  const shifted = (i: number, by: number) => {
    const moved = Float32Array.from(values);
    moved[i]! += by;
    return tf.tidy(() => f(tf.tensor(moved, x.shape)));
  };
  return Array.from(values, (_, i) => shifted(i, 0.5) - shifted(i, -0.5));
}

const shapes: [name: string, a: number[], b: number[]][] = [
  ['matrices', [3, 4], [4, 2]],
  ['batches', [2, 3, 4], [2, 4, 2]],
  ['a matrix and a batch', [3, 4], [2, 4, 2]],
  ['broadcast batches', [2, 1, 3, 4], [5, 4, 2]],
];
const transposes = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

describe('the gradient of matMul', () => {
  for (const [name, shapeA, shapeB] of shapes) {
    it.each(transposes)(`is that of finite differences, ${name}, transposed %s, %s`, (transA, transB) => {
      const a = normal(swapped(shapeA, transA), 1);
      const b = normal(swapped(shapeB, transB), 2);
      // A loss that weighs every element of the product differently.
      const product = tensorFlow.matMul(a, b, transA, transB);
      const weights = normal(product.shape, 3);
      const loss = (x: tf.Tensor, y: tf.Tensor): tf.Scalar =>
        tf.sum(tf.mul(tensorFlow.matMul(x, y, transA, transB), weights));
      const [da, db] = tf.grads(loss)([a, b]) as [tf.Tensor, tf.Tensor];
      expect([da.shape, db.shape]).toEqual([a.shape, b.shape]);
      const value = (x: tf.Tensor, y: tf.Tensor) => loss(x, y).dataSync()[0]!;
      // float32: the loss is about 30, and a difference of two is off by its last bits
      expectClose(
        da.dataSync(),
        differences((x) => value(x, b), a),
        1e-5,
      );
      expectClose(
        db.dataSync(),
        differences((y) => value(a, y), b),
        1e-5,
      );
    });
  }

  it('reaches a factor through bfloat16', () => {
    const [a, b] = [normal([3, 4], 1), normal([4, 2], 2)];
    const rounded = tensorFlow.fromBfloat16(tensorFlow.toBfloat16(b));
    const da = tf.grad((x) => tf.sum(tensorFlow.matMul(x, tensorFlow.toBfloat16(b), false, false)))(a);
    // dY is 1 and exact in bfloat16, so dA sums the rounded B over its columns, and rounds once.
    const exact = tf.tile(tf.sum(rounded, 1, true).transpose(), [3, 1]);
    expectClose(da.dataSync(), exact.dataSync(), toleranceOf('bfloat16', 1));
    const db = tf.grad((y) => tf.sum(tensorFlow.matMul(a, tensorFlow.toBfloat16(y), false, false)))(b);
    expect(db.shape).toEqual([4, 2]);
    expect(tensorFlow.isBfloat16(db)).toBe(false);
  });

  it('can be recorded, and differentiated again', () => {
    const a = normal([3, 3], 1);
    // Σ (A·A) has the second derivative along itself Σ 2·(D·D).
    const loss = (x: tf.Tensor): tf.Scalar => tf.sum(tensorFlow.matMul(x, x, false, false));
    const second = tf.grad((x) => tf.sum(tf.mul(tf.grad(loss)(x), a)))(a);
    const expected = tf.grad((x) => tf.sum(tf.mul(tf.grad((y) => tf.sum(tf.matMul(y, y)))(x), a)))(a);
    expectClose(second.dataSync(), expected.dataSync(), toleranceOf('float32', 9));
    const recorded = tensorFlow.record('gradient', (x) => [tf.grad(loss)(x!)]);
    const [first] = recorded(a);
    expect([...recorded(a)[0]!.dataSync()]).toEqual([...first!.dataSync()]);
  });

  it('leaves no tensor behind', () => {
    const [a, b] = [normal([3, 4], 1), normal([4, 2], 2)];
    const step = () => tf.dispose(tf.grad((x) => tf.sum(tensorFlow.matMul(x, b, false, false)))(a));
    step();
    const before = { tfjs: tf.memory().numTensors, native: tensorFlow.memory() };
    for (let i = 0; i < 5; i++) step();
    expect({ tfjs: tf.memory().numTensors, native: tensorFlow.memory() }).toEqual(before);
  });
});

describe('the gradient of op', () => {
  const square = (x: tf.Tensor) => tensorFlow.op('Square', {}, [x], 1)[0]!;

  it('is refused, also if another path has one', () => {
    for (const f of [(x: tf.Tensor) => square(x), (x: tf.Tensor) => tf.add(x, square(x))]) {
      expect(() => tf.grad((x) => tf.sum(f(x)))(tf.scalar(3))).toThrow(TensorFlowOpError);
    }
  });

  it('does not matter to a gradient that does not pass through it', () => {
    const factor = tf.scalar(3);
    expect(
      tf
        .grad((x) => tf.mul(x, square(factor)))(tf.scalar(2))
        .dataSync()[0],
    ).toBe(9);
    const [values] = tf.tidy(() => tensorFlow.op('Unique', {}, [tf.tensor1d([4, 4])], 2));
    expect([...values!.dataSync()]).toEqual([4]);
  });
});
