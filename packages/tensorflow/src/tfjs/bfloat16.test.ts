import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectSame, normal, openTimeout, toleranceOf } from '../../test/support.js';
import { openTensorFlow, type TensorFlow, TensorFlowOpError } from '../index.js';

let tensorFlow: TensorFlow;
beforeAll(async () => {
  tensorFlow = await openTensorFlow();
}, openTimeout);
afterAll(() => tensorFlow.dispose());

describe('bfloat16', () => {
  it('is made from bits without loss', () => {
    const bits = new Uint16Array([0x3f80, 0xc000, 0x7f80, 0x0001]); // 1, -2, +inf, the smallest subnormal
    const x = tensorFlow.bfloat16Tensor(bits, [2, 2]);
    expect(x.dtype).toBe('float32');
    expect(tensorFlow.isBfloat16(x)).toBe(true);
    expect([...x.dataSync()]).toEqual([1, -2, Number.POSITIVE_INFINITY, 2 ** -133]);
    expect([...tensorFlow.fromBfloat16(x).dataSync()].slice(0, 3)).toEqual([1, -2, Number.POSITIVE_INFINITY]);
    expect(tensorFlow.memory().bytes).toBeLessThan(1000);
  });

  it('rounds to nearest even', () => {
    // Between 1 and the next value, 1 + 2^-7: the middle goes to the even neighbour, 1.
    const x = tf.tensor1d([1 + 2 ** -8, 1 + 2 ** -8 + 2 ** -16, 1 + 3 * 2 ** -8]);
    expect([...tensorFlow.toBfloat16(x).dataSync()]).toEqual([1, 1 + 2 ** -7, 1 + 2 ** -6]);
  });

  it('multiplies with float32 in any combination, eager and recorded', () => {
    const [a, b] = [normal([5, 64], 1), normal([64, 7], 2)];
    const [half, otherHalf] = [tensorFlow.toBfloat16(a), tensorFlow.toBfloat16(b)];
    const exact = tf.matMul(a, b).dataSync();
    expectSame(tensorFlow.matMul(a, b, false, false), tf.matMul(a, b));
    for (const [x, y] of [
      [half, b],
      [a, otherHalf],
      [half, otherHalf],
    ] as const) {
      const product = tensorFlow.matMul(x, y, false, false);
      expect(tensorFlow.isBfloat16(product)).toBe(false);
      // Measured: 0.027.
      expectClose(product.dataSync(), exact, toleranceOf('bfloat16', 64));
      const recorded = tensorFlow.record('product', (p, q) => [tensorFlow.matMul(p!, q!, false, false)]);
      recorded(x, y);
      expectSame(recorded(x, y)[0]!, product);
    }
    expectSame(
      tensorFlow.matMul(tf.transpose(a), tf.transpose(otherHalf), true, true),
      tensorFlow.matMul(a, otherHalf, false, false),
    );
  });

  it('is kept by operations that only move elements', () => {
    const x = normal([6, 4], 3);
    const half = tensorFlow.toBfloat16(x);
    const rounded = tensorFlow.fromBfloat16(half);
    const moves: Record<string, (y: tf.Tensor) => tf.Tensor> = {
      gather: (y) => tf.gather(y, tf.tensor1d([5, 0], 'int32')),
      slice: (y) => tf.slice(y, [2], [3]),
      reshape: (y) => tf.reshape(y, [3, 8]),
      transpose: (y) => tf.transpose(y),
      concat: (y) => tf.concat([y, y]),
      split: (y) => tf.split(y, 2)[1]!,
      stack: (y) => tf.stack([y, y]),
      expandDims: (y) => tf.expandDims(y),
    };
    for (const move of Object.values(moves)) {
      const moved = move(half);
      expect(tensorFlow.isBfloat16(moved)).toBe(true);
      expectSame(tensorFlow.fromBfloat16(moved), move(rounded));
      const recorded = tensorFlow.record('move', (y) => [move(y!)]);
      recorded(half);
      expectSame(recorded(half)[0]!, moved);
    }
  });

  it('refuses arithmetic instead of losing precision silently', () => {
    const x = tensorFlow.toBfloat16(tf.ones([2, 2]));
    for (const arithmetic of [
      () => tf.add(x, x),
      () => tf.mul(x, 2),
      () => tf.sum(x),
      () => tf.softmax(x),
      () => tf.matMul(x, x),
      () => tf.fused.matMul({ a: x as tf.Tensor2D, b: x as tf.Tensor2D }),
    ]) {
      expect(arithmetic).toThrow(TensorFlowOpError);
    }
  });
});
