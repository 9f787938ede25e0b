import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTimeout } from '../../test/support.js';
import { DisposedTensorError, openTensorFlow, type TensorFlow } from '../index.js';

let tensorFlow: TensorFlow;
beforeAll(async () => {
  tensorFlow = await openTensorFlow();
}, openTimeout);
afterAll(() => tensorFlow.dispose());

const alive = () => tf.square(tf.tensor2d([[1, 2]]));
const uses: Record<string, (x: tf.Tensor) => unknown> = {
  dataSync: (x) => x.dataSync(),
  arraySync: (x) => x.arraySync(),
  bufferSync: (x) => x.bufferSync(),
  print: (x) => x.toString(),
  'method clone': (x) => x.clone(),
  clone: (x) => tf.clone(x),
  add: (x) => tf.add(x, 1),
  'add, second input': (x) => tf.add(alive(), x),
  cast: (x) => tf.cast(x, 'int32'),
  reshape: (x) => tf.reshape(x, [2]),
  gather: (x) => tf.gather(x, tf.tensor1d([0], 'int32')),
  softmax: (x) => tf.softmax(x),
  concat: (x) => tf.concat([x, alive()]),
  matMul: (x) => tensorFlow.matMul(x, alive(), true, false),
  'matMul, second factor': (x) => tensorFlow.matMul(alive(), x, true, false),
  op: (x) => tensorFlow.op('Square', {}, [x], 1),
  toBfloat16: (x) => tensorFlow.toBfloat16(x),
  fromBfloat16: (x) => tensorFlow.fromBfloat16(x),
  isBfloat16: (x) => tensorFlow.isBfloat16(x),
  grad: (x) => tf.grad((y) => tf.sum(tf.square(y)))(x),
  record: (x) => tensorFlow.record('input', (y) => [tf.add(y!, 1)])(x),
  'record, captured': (x) => tensorFlow.record('captured', () => [tf.add(x, 1)])(),
};

describe('a disposed tensor', () => {
  const kinds: Record<string, () => tf.Tensor> = {
    computed: alive,
    'of host values': () => tf.tensor2d([[1, 2]]),
    'whose data a clone shares': () => tf.clone(alive()),
    bfloat16: () => tensorFlow.bfloat16Tensor(Uint16Array.of(1, 2), [1, 2]),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    it.each(Object.entries(uses))(`throws a typed error on %s, ${kind}`, (_name, use) => {
      const x = make();
      const shared = kind.includes('clone') ? x.clone() : undefined;
      x.dispose();
      expect(() => tf.tidy(() => void use(x))).toThrow(DisposedTensorError);
      expect(() => tf.tidy(() => void use(x))).toThrow(/^Tensor is disposed: float32 \[1,2\]\. .*tf\.keep/);
      expect(shared?.dataSync()).toEqual(shared && new Float32Array([1, 4]));
    });
  }

  it('rejects a read that is asynchronous', async () => {
    const x = alive();
    x.dispose();
    await expect(x.data()).rejects.toMatchObject({ code: 'GRASP_TF_DISPOSED' });
  });
});
