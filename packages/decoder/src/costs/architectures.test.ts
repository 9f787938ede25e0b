import { random } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type ArchitectureFixture,
  architectureFixture,
  fixtureFolder,
  fixtureNames,
} from '../../test/architecture-fixtures.js';
import { executedOperations } from '../../test/count-operations.js';
import type { Decoder } from '../decoder.js';
import { loadDecoder } from '../load-decoder.js';
import { eagerRuntime, type Runtime } from '../runtime/runtime.js';
import { architectures } from '../spec/architectures/index.js';
import type { WeightDType } from '../weights/weight-reader.js';
import { decoderCost } from './decoder-cost.js';
import { totalAmount } from './layer-cost.js';

/** The decoder multiplies up to 256 queries at once. */
const QUERY_BLOCK = 256;

const names = architectures.map(
  ({ modelType }) =>
    fixtureNames.find((name) => name.split('-')[0] === modelType) ?? fixtureFolder(modelType),
);

beforeAll(() => tf.setBackend('wasm'));

describe.each(names)('the cost of %s', (name) => {
  const withDecoder = async (
    runtime: Runtime,
    use: (decoder: Decoder, fixture: ArchitectureFixture) => Promise<void>,
    dtype: WeightDType = 'float32',
  ) => {
    const fixture = await architectureFixture(name);
    const decoder = await loadDecoder(fixture.checkpoint, { runtime, dtype });
    await use(decoder, fixture);
    decoder.dispose();
    await fixture.checkpoint.close();
  };
  const maskOf = (size: number) => {
    const next = random(5);
    return Uint8Array.from({ length: size }, () => (next() < 0.6 ? 1 : 0));
  };
  const passOf = ([rows, length]: readonly [number, number]) =>
    ({ pass: 'step', pruned: true, tokens: rows * (length - 1), length: length - 1 }) as const;

  it('has the operations that a gate step executes', () =>
    withDecoder(eagerRuntime, async (decoder, { batch }) => {
      const mask = maskOf(decoder.layout.size);
      const executed = await executedOperations(() =>
        decoder.lossAndGateGradients(batch, Float32Array.from(mask)),
      );
      const pass = { ...passOf(batch.shape), queryBlock: QUERY_BLOCK };
      expect(totalAmount(decoderCost(decoder.config, mask, pass).operations)).toBe(executed);
    }));

  it('has the elements that the step holds when it reaches the head', () => {
    let atHead: number | undefined;
    let vocabulary = 0;
    const runtime: Runtime = {
      ...eagerRuntime,
      matMul: (a, b, transposeA, transposeB) => {
        if (b.shape[0] === vocabulary) atHead ??= tf.memory().numBytes;
        return eagerRuntime.matMul(a, b, transposeA, transposeB);
      },
    };
    return withDecoder(runtime, async (decoder, { batch }) => {
      const { config, layout } = decoder;
      const mask = maskOf(layout.size);
      /** Elements that a step on some rows holds beyond those that are counted. */
      const beyond = async (rows: number) => {
        const shape = [rows, batch.shape[1]] as const;
        const some = { ids: batch.ids.subarray(0, rows * shape[1]), shape };
        const step = () => decoder.lossAndGateGradients(some, Float32Array.from(mask));
        await step(); // permutes the weights and makes the tables of positions
        vocabulary = config.vocabSize;
        atHead = undefined;
        const before = tf.memory().numBytes;
        await step();
        vocabulary = 0;
        const { saved } = decoderCost(config, mask, passOf(shape));
        return (atHead! - before) / 4 - totalAmount(saved.float32) - totalAmount(saved.weightDtype);
      };
      // For each token the head holds its id, the hidden state before and after the final norm, and nothing else.
      const perRow = (await beyond(2)) - (await beyond(1));
      expect(perRow).toBe((batch.shape[1] - 1) * (2 * config.hiddenSize + 1));
    });
  });

  it('counts in the weights’ dtype the activations that a step rounds to it', () => {
    let rounded = 0;
    // Stands in for bfloat16: float32 tensors, and a count of the elements rounded.
    const bfloat16: Runtime['bfloat16'] = {
      fromBits: (bits, size) =>
        tf.tensor(
          Float32Array.from(bits, () => 0.01),
          size,
        ),
      fromFloat32: (x) => {
        rounded += x.size;
        return tf.clone(x);
      },
      toFloat32: (x) => tf.clone(x),
      is: () => false,
    };
    const check = async (decoder: Decoder, { batch }: ArchitectureFixture) => {
      const mask = maskOf(decoder.layout.size);
      rounded = 0;
      await decoder.lossAndGateGradients(batch, Float32Array.from(mask));
      const { saved } = decoderCost(decoder.config, mask, passOf(batch.shape));
      expect(totalAmount(saved.weightDtype)).toBe(rounded);
    };
    return withDecoder({ ...eagerRuntime, bfloat16 }, check, 'bfloat16');
  });
});
