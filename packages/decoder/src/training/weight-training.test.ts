import { type Checkpoint, type TensorData, toFloat32 } from '@grasp/checkpoint';
import { difference, random } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { architectureFixture, fixtureNames } from '../../test/architecture-fixtures.js';
import { gradientsOf } from '../../test/weight-gradients.js';
import { loadDecoder } from '../load-decoder.js';
import { architectures } from '../spec/architectures/index.js';
import { decoderCheckpoint } from '../spec/decoder-checkpoint.js';
import type { TrainingBatch } from './training-batch.js';

const names = architectures.map(
  ({ modelType }) => fixtureNames.find((name) => name.split('-')[0] === modelType) ?? modelType,
);
const STILL = { matrix: 0, bias: 0, norm: 0 };
const SHARE = 0.7;
/** Between them they have every kind of weight. */
const DIFFERENT = ['llama-plain', 'gemma2-plain', 'qwen3-plain', 'olmo2-plain', 'glm4-plain'];

/** A checkpoint with one tensor changed. */
const changed = (checkpoint: Checkpoint, name: string, change: (data: Float32Array) => Float32Array) => ({
  ...checkpoint,
  read: async (one: string): Promise<TensorData> => {
    const tensor = await checkpoint.read(one);
    return one === name ? { dtype: 'F32', shape: tensor.shape, data: change(toFloat32(tensor)) } : tensor;
  },
});

/** A batch whose teacher lists five tokens of each target, some of them likely; the first targets do not count. */
function taught({ ids, shape }: { ids: Int32Array; shape: readonly [number, number] }, vocabulary: number) {
  const next = random(4);
  const N = shape[0] * (shape[1] - 1);
  const k = 5;
  const logits = Float32Array.from({ length: N * k }, () => Math.log(0.02 + 0.15 * next()));
  const first = Array.from({ length: N }, () => Math.floor(next() * vocabulary));
  const listed = Int32Array.from(
    { length: N * k },
    (_, i) => (first[Math.floor(i / k)]! + 3 * (i % k)) % vocabulary,
  );
  const batch: TrainingBatch = {
    ids,
    shape,
    counted: Uint8Array.from({ length: N }, (_, i) => (i < 3 ? 0 : 1)),
    distil: { teacher: { ids: listed, logProbabilities: logits }, share: SHARE },
  };
  return batch;
}

async function lossOf(checkpoint: Checkpoint, batch: TrainingBatch): Promise<number> {
  const decoder = await loadDecoder(checkpoint);
  const training = decoder.training();
  const { nll, kl } = await training.train([batch], STILL);
  training.dispose();
  decoder.dispose();
  return SHARE * kl! + (1 - SHARE) * nll;
}

describe.each(names)('training of %s', (name) => {
  beforeAll(() => tf.setBackend('wasm'));

  it('gives back the checkpoint as long as nothing is trained', async () => {
    const { checkpoint } = await architectureFixture(name);
    const decoder = await loadDecoder(checkpoint);
    const training = decoder.training();
    const view = training.checkpoint(checkpoint);
    for (const [tensor] of view.tensors) {
      const [own, stored] = [await view.read(tensor), await decoderCheckpoint(checkpoint).read(tensor)];
      expect(own.shape).toEqual(stored.shape);
      expect(difference(toFloat32(own), toFloat32(stored)).relative, tensor).toBeLessThan(1e-6);
    }
    training.dispose();
    decoder.dispose();
    await checkpoint.close();
  });

  if (!DIFFERENT.includes(name)) return; // all architectures are compared in pytorch.transformers.slow.ts
  it('has gradients that are the slopes of its loss', async () => {
    const { checkpoint, batch: tokens } = await architectureFixture(name);
    const whole = decoderCheckpoint(checkpoint);
    const batch = taught(tokens, whole.decoder.vocabSize);
    const gradients = await gradientsOf(whole, batch);
    for (const tensor of gradients.tensors.keys()) {
      const gradient = toFloat32(await gradients.read(tensor));
      const length = Math.hypot(...gradient);
      if (tensor.includes('layers.1.') || length === 0) continue;
      const step = 1e-3 / Math.max(length, 0.05);
      const at = (sign: number) =>
        lossOf(
          changed(whole, tensor, (data) => data.map((w, i) => w + (sign * step * gradient[i]!) / length)),
          batch,
        );
      const slope = ((await at(1)) - (await at(-1))) / (2 * step);
      expect(Math.abs(slope - length), `${tensor}: ${slope} and ${length}`).toBeLessThan(
        0.02 * length + 1e-3,
      );
    }
    await checkpoint.close();
  });
});
