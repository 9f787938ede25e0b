import type { Checkpoint } from '@grasp/checkpoint';
import { decoderConfig, expectedTensors } from '@grasp/decoder';
import * as tf from '@tensorflow/tfjs-core';

const config = {
  model_type: 'llama',
  hidden_size: 64,
  intermediate_size: 192,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  num_hidden_layers: 4,
  vocab_size: 256,
  tie_word_embeddings: true,
};

/** A llama of 0.2M parameters with random weights, made up as they are read: a step takes milliseconds. */
export function randomModel(): Checkpoint {
  const tensors = [...expectedTensors(decoderConfig(config))]
    .filter(({ optional }) => !optional)
    .map(({ name, shape }) => ({ name, shape, dtype: 'F32' as const }));
  const seeds = new Map(tensors.map(({ name }, seed) => [name, seed]));
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return {
    source: 'a random llama',
    config,
    tensors: byName,
    files: [],
    async read(name) {
      const { shape } = byName.get(name)!;
      const [mean, deviation] = shape.length === 1 ? [1, 0.1] : [0, 1 / Math.sqrt(shape[1]!)];
      const values = tf.randomNormal([...shape], mean, deviation, 'float32', seeds.get(name));
      const data = await values.data<'float32'>();
      values.dispose();
      return { dtype: 'F32', shape, data };
    },
    close: async () => {},
  };
}
