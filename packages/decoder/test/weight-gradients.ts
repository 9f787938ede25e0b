import { toFloat32 } from '@grasp/checkpoint';
import { loadDecoder } from '../src/load-decoder.js';
import type { DecoderCheckpoint } from '../src/spec/decoder-checkpoint.js';
import type { TrainingBatch } from '../src/training/training-batch.js';

/** Large enough that a gradient beside it is nothing. */
const EPSILON = 1e9;

/** A multiple of the gradient that float32 can tell from the weight. */
const FACTOR = 1e3;

/**
 * The gradients of all tensors of a float32 model, as a checkpoint. An update of AdamW that remembers nothing, with a large
 * epsilon, subtracts them.
 */
export async function gradientsOf(
  given: DecoderCheckpoint,
  batch: TrainingBatch,
): Promise<DecoderCheckpoint> {
  const checkpoint = inFloat32(given);
  const decoder = await loadDecoder(checkpoint);
  const training = decoder.training({ betas: [0, 0], epsilon: EPSILON });
  const rate = FACTOR * EPSILON;
  await training.train([batch], { matrix: rate, bias: rate, norm: rate });
  const after = training.checkpoint(checkpoint);
  const gradients = new Map<string, Float32Array>();
  const { normOffset } = decoder.config;
  for (const name of checkpoint.tensors.keys()) {
    const [old, trained] = [toFloat32(await checkpoint.read(name)), toFloat32(await after.read(name))];
    // Norms are trained by a factor s: w = s·w₀, so the change is w₀ · dL/ds = w₀² · dL/dw.
    const by = (w: number) => (/norm/.test(name) ? (w + normOffset) ** 2 : 1);
    const gradient = old.map((w, i) => (w - trained[i]!) / (FACTOR * by(w)));
    gradients.set(name, gradient);
  }
  training.dispose();
  decoder.dispose();
  return {
    ...checkpoint,
    read: async (name) => ({
      dtype: 'F32',
      shape: checkpoint.tensors.get(name)!.shape,
      data: gradients.get(name)!,
    }),
    close: () => checkpoint.close(),
  };
}

/** A checkpoint whose tensors are read, and would be written, in float32. */
function inFloat32(checkpoint: DecoderCheckpoint): DecoderCheckpoint {
  const tensors = new Map(
    [...checkpoint.tensors].map(([name, info]) => [name, { ...info, dtype: 'F32' as const }]),
  );
  return {
    ...checkpoint,
    tensors,
    read: async (name) => {
      const tensor = await checkpoint.read(name);
      return { dtype: 'F32', shape: tensor.shape, data: toFloat32(tensor) };
    },
    close: () => checkpoint.close(),
  };
}
