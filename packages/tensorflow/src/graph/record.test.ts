import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectSame, normal, openTimeout, toleranceOf } from '../../test/support.js';
import { openTensorFlow, RecordingError, type TensorFlow } from '../index.js';

let tensorFlow: TensorFlow;
beforeAll(async () => {
  tensorFlow = await openTensorFlow();
}, openTimeout);
afterAll(() => tensorFlow.dispose());

/** A block as a decoder has them: norm, attention over heads, gated feed-forward. */
function block(
  x: tf.Tensor,
  weights: { qkv: tf.Tensor; out: tf.Tensor; up: tf.Tensor; down: tf.Tensor },
): tf.Tensor {
  const [T, H, h] = [6, 2, 4];
  const norm = (a: tf.Tensor) => tf.mul(a, tf.rsqrt(tf.add(tf.mean(tf.square(a), -1, true), 1e-5)));
  const heads = (a: tf.Tensor) => tf.transpose(tf.reshape(a, [T, H, h]), [1, 0, 2]); // [H, T, h]
  const [q, k, v] = tf.split(tf.matMul(norm(x), weights.qkv), 3, 1).map(heads);
  const causal = tf.sub(tf.linalg.bandPart(tf.ones([T, T]), -1, 0), 1); // 0 or -1
  const scores = tf.softmax(tf.add(tf.matMul(q!, k!, false, true), tf.mul(causal, 1e9)));
  const attended = tf.reshape(tf.transpose(tf.matMul(scores, v!), [1, 0, 2]), [T, H * h]);
  const middle = tf.add(x, tf.matMul(attended, weights.out));
  const [gate, up] = tf.split(tf.matMul(norm(middle), weights.up), 2, 1);
  return tf.add(middle, tf.matMul(tf.mul(tf.mul(gate!, tf.sigmoid(gate!)), up!), weights.down));
}

const makeWeights = () => ({
  qkv: normal([8, 24], 1),
  out: normal([8, 8], 2),
  up: normal([8, 20], 3),
  down: normal([10, 8], 4),
});

describe('record', () => {
  it('gives the eager result to the last bit, its gradient included', () => {
    const weights = makeWeights();
    const x = normal([6, 8], 5);
    const withGradient = (a: tf.Tensor) => {
      const { value, grad } = tf.valueAndGrad(
        (y: tf.Tensor) => tf.sum(tf.square(block(y, weights))) as tf.Scalar,
      )(a);
      return [value, grad, block(a, weights)];
    };
    const recorded = tensorFlow.record('block', withGradient);
    const eager = withGradient(x);
    for (let round = 0; round < 3; round++) {
      recorded(x).forEach((tensor, i) => {
        expectSame(tensor, eager[i]!);
      });
    }
  });

  it('waits for so many calls of a signature, running op by op until then', () => {
    let runs = 0;
    const body = (x: tf.Tensor | undefined) => {
      runs++;
      return [tf.add(x!, 1)];
    };
    const recorded = tensorFlow.record('patient', body, { after: 2 });
    const results = Array.from({ length: 5 }, () => recorded(tf.scalar(1))[0]!.dataSync()[0]);
    expect(results).toEqual([2, 2, 2, 2, 2]);
    expect(runs).toBe(3); // two op by op, one recording
    recorded(tf.tensor1d([1]));
    expect(runs).toBe(4);
  });

  it('records again for other shapes and types', () => {
    let runs = 0;
    const recorded = tensorFlow.record('double', (x) => {
      runs++;
      return [tf.add(x!, x!)];
    });
    for (let round = 0; round < 2; round++) {
      expect([...recorded(tf.tensor1d([1, 2]))[0]!.dataSync()]).toEqual([2, 4]);
      expect(recorded(tf.ones([3, 2]))[0]!.shape).toEqual([3, 2]);
      expect(recorded(tf.tensor1d([1, 2], 'int32'))[0]!.dtype).toBe('int32');
    }
    expect(runs).toBe(3);
  });

  it('records once for all sizes on request, and again for other ranks', () => {
    let runs = 0;
    const body = (x: tf.Tensor | undefined, w: tf.Tensor | undefined, z: tf.Tensor | undefined) => {
      runs++;
      const h = tf.mul(tf.sigmoid(tensorFlow.matMul(x!, w!, false, true)), z!);
      const [size] = tensorFlow.op('Size', {}, [x!], 1); // the optimiser folds it where it knows the shape
      return [
        tf.add(tensorFlow.matMul(h, w!, false, false), x!),
        tf.mul(tf.sum(h, 0), tf.cast(size!, 'float32')),
      ];
    };
    const recorded = tensorFlow.record('widths', body, { anySizes: true });
    for (const [N, width] of [
      [3, 5],
      [3, 2],
      [7, 1],
      [1, 9],
    ] as const) {
      const inputs = [normal([N, 4], N), normal([width, 4], width), normal([width], width + 1)] as const;
      const results = recorded(...inputs);
      const counted = runs;
      body(...inputs).forEach((eager, i) => {
        expectSame(results[i]!, eager);
      });
      runs = counted;
    }
    expect(runs).toBe(1);
    recorded(normal([3, 4], 1), normal([2, 4], 2), tf.scalar(2));
    expect(runs).toBe(2);
  });

  it('passes tensors from outside along, without freezing them', () => {
    const small = tf.tensor1d([1, 2]); // host values only, not yet in TensorFlow
    const computed = tf.square(tf.tensor1d([3, 4]));
    const recorded = tensorFlow.record('captures', (x) => [tf.add(tf.mul(x!, small), computed)]);
    const x = tf.tensor1d([10, 100]);
    expect([...recorded(x)[0]!.dataSync()]).toEqual([19, 216]);
    expect([...recorded(x)[0]!.dataSync()]).toEqual([19, 216]);
    small.dispose();
    expect(() => recorded(x)).toThrow(
      expect.objectContaining({ code: 'GRASP_TF_RECORDING', problem: 'captured-tensor' }),
    );
  });

  it('returns inputs, captured tensors, constants and the same tensor twice as tensors of their own', () => {
    const outside = tf.square(tf.tensor1d([2]));
    const recorded = tensorFlow.record('passes on', (x) => {
      const y = tf.add(x!, 1);
      return [x!, outside, tf.tensor1d([7]), y, y];
    });
    const x = tf.tensor1d([5]);
    for (let round = 0; round < 3; round++) {
      const results = recorded(x);
      expect(results.map((result) => result.dataSync()[0])).toEqual([5, 4, 7, 6, 6]);
      tf.dispose(results);
    }
    expect(x.dataSync()[0]).toBe(5);
    expect(outside.dataSync()[0]).toBe(4);
  });

  it('carries operations with lists of inputs and several outputs', () => {
    const recorded = tensorFlow.record('lists', (x, y) => {
      const [a, b, c] = tf.split(tf.concat([x!, y!, x!], 1), 3, 1);
      return [tf.stack([a!, c!]), tf.addN([a!, b!, c!]), ...tf.unstack(b!)];
    });
    const [x, y] = [
      tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
      tf.tensor2d([
        [5, 6],
        [7, 8],
      ]),
    ];
    const first = recorded(x, y).map((tensor) => tensor.arraySync());
    expect(first).toEqual([
      [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [
        [7, 10],
        [13, 16],
      ],
      [5, 6],
      [7, 8],
    ]);
    expect(recorded(x, y).map((tensor) => tensor.arraySync())).toEqual(first);
  });

  it('becomes part of a gradient taken around it', () => {
    const square = tensorFlow.record('square', (x) => [tf.mul(x!, x!)]);
    const x = tf.tensor1d([3]);
    square(x);
    expect(
      tf
        .grad((y) => tf.sum(square(y)[0]!))(x)
        .dataSync()[0],
    ).toBe(6);
  });

  it('becomes part of a recording around it', () => {
    const inner = tensorFlow.record('inner', (x) => [tf.add(x!, 1)]);
    const outer = tensorFlow.record('outer', (x) => [tf.mul(inner(x!)[0]!, 2)]);
    for (let round = 0; round < 2; round++) expect(outer(tf.scalar(3))[0]!.dataSync()[0]).toBe(8);
    inner.dispose();
    expect(outer(tf.scalar(3))[0]!.dataSync()[0]).toBe(8);
  });

  it('refuses a body that reads data back, and works again afterwards', () => {
    const outside = tf.scalar(2);
    for (const body of [
      (x: tf.Tensor) => [tf.mul(x, x.dataSync()[0]!)],
      (x: tf.Tensor) => [tf.mul(x, outside.dataSync()[0]!)],
    ]) {
      const recorded = tensorFlow.record('reads', (x) => body(x!));
      expect(() => recorded(tf.scalar(3))).toThrow(expect.objectContaining({ problem: 'read' }));
    }
    expect(tf.square(tf.scalar(3)).dataSync()[0]).toBe(9);
  });

  it('lets a body read a constant it made', () => {
    const recorded = tensorFlow.record('constant', (x) => [tf.mul(x!, tf.scalar(4).dataSync()[0]!)]);
    for (let round = 0; round < 2; round++) expect(recorded(tf.scalar(3))[0]!.dataSync()[0]).toBe(12);
  });

  it('refuses a body that is async or returns no array', () => {
    const async = tensorFlow.record('async', (async () => [tf.scalar(1)]) as never);
    expect(() => async()).toThrow(RecordingError);
    const single = tensorFlow.record('single', ((x: tf.Tensor) => tf.add(x, 1)) as never);
    expect(() => single(tf.scalar(1))).toThrow(expect.objectContaining({ problem: 'results' }));
  });

  it('cannot be called once disposed of', () => {
    const recorded = tensorFlow.record('gone', (x) => [tf.add(x!, 1)]);
    recorded(tf.scalar(1));
    recorded.dispose();
    expect(() => recorded(tf.scalar(1))).toThrow(expect.objectContaining({ problem: 'disposed' }));
  });

  it('fuses and compiles on request, within rounding', () => {
    const weights = makeWeights();
    const x = normal([6, 8], 5);
    const eager = block(x, weights);
    for (const options of [{ fuse: true }, { xla: true }]) {
      const recorded = tensorFlow.record('optimised', (a) => [block(a!, weights)], options);
      recorded(x);
      // Sums that follow one another: 8 (norm) + 8 + 4 (scores) + 6 + 6 + 8 + 8 (norm) + 8 + 10 terms. The scores have a
      // root mean square of 19, and exp turns their errors into relative ones. Measured: 2e-6 with AVX-512, 1.5e-5 without.
      expectClose(recorded(x)[0]!.dataSync(), eager.dataSync(), toleranceOf('float32', 66, 19));
    }
  });

  it('gives with XLA from the first call on what later calls give, and compiles once for each shape', () => {
    const weights = makeWeights();
    const start = tensorFlow.compilations();
    const recorded = tensorFlow.record('compiled', (a) => [block(a!, weights), a!], { xla: true });
    const x = normal([6, 8], 5);
    const eager = block(x, weights);
    const tensors = tensorFlow.memory().tensors;
    const [first, same] = recorded(x);
    expect(tensorFlow.memory().tensors).toBe(tensors + 2);
    expectSame(same!, x);
    expectClose(first!.dataSync(), eager.dataSync(), toleranceOf('float32', 66, 19));
    expectSame(recorded(normal([6, 8], 5))[0]!, first!);
    expect(tensorFlow.compilations()).toBe(start + 1);
    const scaled = tensorFlow.record('any sizes', (a) => [tf.mul(a!, 2)], { xla: true, anySizes: true });
    for (const size of [3, 4, 3]) expect(scaled(tf.ones([size]))[0]!.shape).toEqual([size]);
    expect(tensorFlow.compilations()).toBe(start + 3);
  });

  it('leaks no tensor, eager or recorded, over 50 calls', () => {
    const weights = makeWeights();
    const x = normal([6, 8], 5);
    const recorded = tensorFlow.record('steady', (a) => [block(a!, weights), a!]);
    const step = () => {
      tf.dispose(recorded(x));
      tf.tidy(() =>
        tf
          .grad((a) => tf.sum(block(a, weights)))(x)
          .dataSync(),
      );
      expect(() =>
        tf.tidy(() => tensorFlow.record('bad', (a) => [tf.scalar(a!.dataSync()[0]!)])(x)),
      ).toThrow();
    };
    step();
    const before = { tfjs: tf.memory().numTensors, native: tensorFlow.memory() };
    for (let i = 0; i < 50; i++) step();
    expect({ tfjs: tf.memory().numTensors, native: tensorFlow.memory() }).toEqual(before);
  });
});

describe('tf.Variable in a recorded function', () => {
  const problem = (name: string) => expect.objectContaining({ code: 'GRASP_TF_RECORDING', problem: name });

  it('is read at each call, however its value changed', () => {
    const initial = tf.tensor1d([1, 2]);
    const weights = tf.variable(initial); // shares the data of `initial`, which stays alive
    for (const use of [
      (w: tf.Tensor) => tf.mul(w, 10),
      (w: tf.Tensor) => tf.clone(w),
      (w: tf.Tensor) => tf.reshape(tf.clone(w), [2, 1]),
    ]) {
      weights.assign(tf.tensor1d([1, 2]));
      const recorded = tensorFlow.record('reads a variable', (x) => [tf.mul(use(weights), x!)]);
      for (const values of [
        [1, 2],
        [1, 2],
        [3, 4],
        [5, 6],
      ]) {
        weights.assign(tf.tensor1d(values));
        const expected = tf.mul(use(weights), 2).dataSync();
        expect([...recorded(tf.scalar(2))[0]!.dataSync()]).toEqual([...expected]);
      }
    }
    const constant = tensorFlow.record('reads the initial value', () => [tf.mul(initial, 1)]);
    for (let round = 0; round < 3; round++) expect([...constant()[0]!.dataSync()]).toEqual([1, 2]);
    weights.dispose();
    const gone = tf.variable(tf.scalar(1));
    const recorded = tensorFlow.record('loses a variable', () => [tf.add(gone, 1)]);
    recorded();
    gone.dispose();
    expect(() => recorded()).toThrow(problem('captured-tensor'));
  });

  it('cannot be assigned or created', () => {
    const weights = tf.variable(tf.scalar(1), true, 'weights');
    const bodies: Record<string, () => unknown> = {
      assign: () => weights.assign(tf.scalar(2)),
      sgd: () => tf.train.sgd(0.1).minimize(() => tf.square(weights) as tf.Scalar),
      adam: () => tf.train.adam(0.1).minimize(() => tf.square(weights) as tf.Scalar),
      create: () => tf.variable(tf.scalar(1)),
    };
    for (const [name, body] of Object.entries(bodies)) {
      const recorded = tensorFlow.record(name, (x) => {
        body();
        return [tf.add(x!, 1)];
      });
      expect(() => recorded(tf.scalar(1))).toThrow(problem('variable'));
      expect(weights.dataSync()[0]).toBe(1);
    }
    expect(() => tensorFlow.record('named', () => [bodies.assign!() as never])()).toThrow(/'weights'/);
    // Outside a recording nothing has changed.
    weights.assign(tf.scalar(3));
    expect(tf.variable(tf.scalar(4)).dataSync()[0]).toBe(4);
    expect(weights.dataSync()[0]).toBe(3);
    weights.dispose();
  });
});
