import type { Checkpoint, TensorInfo } from '@grasp/checkpoint';
import { decoderConfig, expectedTensors } from '@grasp/decoder';
import { normals } from '@grasp/testing';
import { letterTokenizer } from './made-up-model.js';

/**
 * A model of any architecture with random weights and a tokenizer of letters. Norms are about 1, the rest about 0.
 *
 * @param config a config.json
 * @param scale of the weights. Undefined: by the width of what they multiply.
 */
export function randomModel(config: Record<string, unknown>, scale?: number): Checkpoint {
  const decoder = decoderConfig(config);
  const expected = [...expectedTensors(decoder)];
  const tensors = new Map<string, TensorInfo>(
    expected.map(({ name, shape }) => [name, { name, dtype: 'F32', shape }]),
  );
  return {
    source: String(config.model_type),
    config,
    tensors,
    files: letterTokenizer(decoder.vocabSize),
    async read(name) {
      const { shape } = tensors.get(name)!;
      const seed = expected.findIndex((tensor) => tensor.name === name);
      const isNorm = name.endsWith('norm.weight');
      const numbers = normals(
        shape.reduce((product, size) => product * size, 1),
        seed + 1,
        scale ?? (isNorm || shape.length === 1 ? 0.2 : 1.2 / Math.sqrt(shape.at(-1)!)),
      );
      const offset = isNorm ? 1 - decoder.normOffset : 0;
      return { dtype: 'F32', shape, data: numbers.map((x) => offset + x) };
    },
    async close() {},
  };
}
