import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectSame, normal, openTimeout, toleranceOf } from '../../test/support.js';
import { openTensorFlow, type TensorFlow, TensorFlowOpError } from '../index.js';

let tensorFlow: TensorFlow;
beforeAll(async () => {
  tensorFlow = await openTensorFlow();
}, openTimeout);
afterAll(() => tensorFlow.dispose());

type Case = (x: tf.Tensor2D, y: tf.Tensor2D) => tf.Tensor;

const image = (x: tf.Tensor) => tf.reshape(x, [1, 8, 6, 1]) as tf.Tensor4D;
const filter = (y: tf.Tensor) =>
  tf.reshape(tf.slice(tf.reshape(y, [48]), 0, 18), [3, 3, 1, 2]) as tf.Tensor4D;
const cases: Record<string, Case> = {
  add: (x, y) => tf.add(x, y),
  'add, broadcast': (x, y) => tf.add(x, tf.slice(y, [0, 0], [1, -1])),
  sub: (x, y) => tf.sub(x, y),
  mul: (x, y) => tf.mul(x, y),
  div: (x, y) => tf.div(x, tf.add(tf.abs(y), 0.1)),
  floorDiv: (x, y) => tf.floorDiv(tf.cast(tf.mul(x, 9), 'int32'), tf.cast(tf.add(tf.abs(y), 1), 'int32')),
  maximum: (x, y) => tf.maximum(x, y),
  squaredDifference: (x, y) => tf.squaredDifference(x, y),
  pow: (x) => tf.pow(tf.abs(x), 1.7),
  addN: (x, y) => tf.addN([x, y, x]),
  exp: (x) => tf.exp(x),
  log: (x) => tf.log(tf.abs(x)),
  log1p: (x) => tf.log1p(tf.abs(x)),
  expm1: (x) => tf.expm1(x),
  sqrt: (x) => tf.sqrt(tf.abs(x)),
  rsqrt: (x) => tf.rsqrt(tf.abs(x)),
  square: (x) => tf.square(x),
  sigmoid: (x) => tf.sigmoid(x),
  tanh: (x) => tf.tanh(x),
  erf: (x) => tf.erf(x),
  sin: (x) => tf.sin(x),
  cos: (x) => tf.cos(x),
  softplus: (x) => tf.softplus(x),
  relu: (x) => tf.relu(x),
  leakyRelu: (x) => tf.leakyRelu(x),
  elu: (x) => tf.elu(x),
  selu: (x) => tf.selu(x),
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x),
  sum: (x) => tf.sum(x, 0),
  'sum, keepDims': (x) => tf.sum(x, -1, true),
  mean: (x) => tf.mean(x, 1),
  max: (x) => tf.max(x, 1),
  min: (x) => tf.min(x),
  prod: (x) => tf.prod(x, 1),
  logSumExp: (x) => tf.logSumExp(x, 1),
  argMax: (x) => tf.argMax(x, 1),
  all: (x) => tf.all(tf.greater(x, -2), 1),
  any: (x) => tf.any(tf.greater(x, 1), 1),
  cumsum: (x) => tf.cumsum(x, 1),
  'cumsum, exclusive and reversed': (x) => tf.cumsum(x, 0, true, true),
  cumprod: (x) => tf.cumprod(x, 1),
  topk: (x) => tf.topk(x, 3).values,
  'topk, indices': (x) => tf.topk(x, 3).indices,
  matMul: (x, y) => tf.matMul(x, y, false, true),
  'matMul, both transposed': (x, y) => tf.matMul(x, tf.transpose(y), true, true),
  'matMul, batched': (x, y) => tf.matMul(tf.reshape(x, [2, 4, 6]), tf.reshape(y, [2, 4, 6]), true, false),
  'fused matMul': (x, y) => tf.fused.matMul({ a: x, b: y, transposeB: true, activation: 'relu' }),
  einsum: (x, y) => tf.einsum('ij,kj->ki', x, y),
  transpose: (x) => tf.transpose(tf.reshape(x, [2, 4, 6]), [2, 0, 1]),
  reshape: (x) => tf.reshape(x, [4, 12]),
  slice: (x) => tf.slice(x, [1, 2], [3, 3]),
  stridedSlice: (x) => tf.stridedSlice(x, [0, 1], [8, 6], [2, 2]),
  concat: (x, y) => tf.concat([x, y, x], 1),
  stack: (x, y) => tf.stack([x, y], 1),
  split: (x) => tf.split(x, [1, 2, 3], 1)[2]!,
  unstack: (x) => tf.unstack(x, 1)[4]!,
  tile: (x) => tf.tile(x, [2, 3]),
  pad: (x) =>
    tf.pad(
      x,
      [
        [1, 0],
        [0, 2],
      ],
      0.5,
    ),
  reverse: (x) => tf.reverse(x, 0),
  gather: (x) => tf.gather(x, tf.tensor1d([7, 0, 3], 'int32')),
  'gather, axis 1': (x) =>
    tf.gather(
      x,
      tf.tensor2d(
        [
          [5, 0],
          [1, 1],
        ],
        [2, 2],
        'int32',
      ),
      1,
    ),
  gatherND: (x) =>
    tf.gatherND(
      x,
      tf.tensor2d(
        [
          [0, 1],
          [7, 5],
        ],
        [2, 2],
        'int32',
      ),
    ),
  scatterND: (x) =>
    tf.scatterND(tf.tensor2d([[1], [3]], [2, 1], 'int32'), tf.slice(x, [0, 0], [2, -1]), [5, 6]),
  unsortedSegmentSum: (x) => tf.unsortedSegmentSum(x, tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32'), 3),
  where: (x, y) => tf.where(tf.greater(x, y), x, y),
  oneHot: (x) => tf.oneHot(tf.argMax(x, 1), 6),
  clipByValue: (x) => tf.clipByValue(x, -0.5, 0.5),
  cast: (x) => tf.cast(tf.mul(x, 5), 'int32'),
  'compare and logic': (x, y) => tf.logicalOr(tf.less(x, y), tf.logicalNot(tf.greaterEqual(x, 0))),
  isNaN: (x) => tf.isNaN(tf.log(x)),
  range: () => tf.range(0, 10, 3),
  linspace: () => tf.linspace(0, 1, 7),
  fill: () => tf.fill([2, 3], 4),
  conv2d: (x, y) => tf.conv2d(image(x), filter(y), 1, 'same'),
  maxPool: (x) => tf.maxPool(image(x), 2, 2, 'valid'),
  avgPool: (x) => tf.avgPool(image(x), 2, 2, 'valid'),
  resizeBilinear: (x) => tf.image.resizeBilinear(image(x), [5, 5]),
  moments: (x) => tf.moments(x, 1).variance,
  'gradient of a small network': (x, y) =>
    tf.grad((w) =>
      tf.sum(tf.square(tf.sub(tf.softmax(tf.matMul(tf.relu(x), w as tf.Tensor2D, false, true)), 0.1))),
    )(y),
  'gradient of gather': (x) =>
    tf.grad((w) => tf.sum(tf.square(tf.gather(w, tf.tensor1d([1, 1, 4], 'int32')))))(x),
};

/** Runs a case on a backend, returning host data. */
function on(backend: string, run: Case): { shape: number[]; data: ArrayLike<number> } {
  tf.setBackend(backend);
  return tf.tidy(() => {
    const result = run(normal([8, 6], 1) as tf.Tensor2D, normal([8, 6], 2) as tf.Tensor2D);
    return { shape: result.shape, data: result.dataSync() };
  });
}

describe('kernels', () => {
  it.each(Object.entries(cases))('%s agrees with the cpu backend, and recorded with eager', (name, run) => {
    tf.env().set('IS_TEST', true);
    const expected = on('cpu', run);
    const actual = on('tensorflow', run);
    expect(actual.shape).toEqual(expected.shape);
    // The longest sum has 48 terms. Approximations of exp, log and tanh differ too. Measured: 3.3e-7.
    expectClose(actual.data, expected.data, toleranceOf('float32', 48));

    tf.tidy(() => {
      const [x, y] = [normal([8, 6], 1) as tf.Tensor2D, normal([8, 6], 2) as tf.Tensor2D];
      const recorded = tensorFlow.record(name, (a, b) => [run(a as tf.Tensor2D, b as tf.Tensor2D)]);
      const eager = run(x, y);
      expectSame(recorded(x, y)[0]!, eager); // as it is recorded
      expectSame(recorded(x, y)[0]!, eager); // as it is replayed
      recorded.dispose();
    });
  });
});

describe('data', () => {
  it('comes back as it went in, whatever its type', () => {
    expect(tf.tensor1d([1.5, -0, Number.NaN]).dataSync()).toEqual(new Float32Array([1.5, -0, Number.NaN]));
    expect([...tf.tensor1d([-7, 2 ** 31 - 1], 'int32').dataSync()]).toEqual([-7, 2 ** 31 - 1]);
    expect([...tf.logicalNot(tf.tensor1d([true, false], 'bool')).dataSync()]).toEqual([0, 1]);
    expect(tf.concat([tf.tensor1d(['grüße', '']), tf.tensor1d(['x'])]).arraySync()).toEqual([
      'grüße',
      '',
      'x',
    ]);
    expect([...tf.real(tf.complex([1, 2], [3, 4])).dataSync()]).toEqual([1, 2]);
    expect(tf.add(tf.zeros([0, 3]), 1).shape).toEqual([0, 3]);
    expect(tf.add(tf.scalar(1), 1).dataSync()[0]).toBe(2);
  });

  it('does not follow later changes of the array it came from', () => {
    const values = new Float32Array([1, 2]);
    const x = tf.square(tf.tensor1d(values));
    values[0] = 9;
    expect([...x.dataSync()]).toEqual([1, 4]);
  });
});

describe('op', () => {
  it('runs an operation tfjs has no name for', () => {
    const [values, indices] = tensorFlow.op('Unique', {}, [tf.tensor1d([4, 4, 7])], 2);
    expect([...values!.dataSync()]).toEqual([4, 7]);
    expect([...indices!.dataSync()]).toEqual([0, 0, 1]);
  });

  it('takes attributes of every kind', () => {
    const x = tf.ones([1, 4, 4, 1]);
    const pool = { ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1], padding: 'VALID' };
    expect(tensorFlow.op('AvgPool', pool, [x], 1)[0]!.shape).toEqual([1, 2, 2, 1]);
    expect(tensorFlow.op('LeakyRelu', { alpha: 0.5 }, [tf.scalar(-1)], 1)[0]!.dataSync()[0]).toBe(-0.5);
    expect(tensorFlow.op('Cast', { DstT: 'int32', Truncate: true }, [tf.scalar(2.7)], 1)[0]!.dtype).toBe(
      'int32',
    );
  });

  it('reports unknown operations and bad inputs in TensorFlow’s own words', () => {
    expect(() => tensorFlow.op('NoSuchOp', {}, [], 1)).toThrow(TensorFlowOpError);
    expect(() => tf.tidy(() => tensorFlow.op('MatMul', {}, [tf.ones([2, 3]), tf.ones([2, 3])], 1))).toThrow(
      /Matrix size-incompatible/,
    );
    expect(() => tf.gather(tf.ones([3, 2]), tf.tensor1d([3], 'int32'))).toThrow(/not in \[0, 3\)/);
  });
});
