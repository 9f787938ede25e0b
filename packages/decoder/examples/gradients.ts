/** Gate gradients of a small random decoder: how much the loss minds each unit. */
import { loadDecoder } from '@grasp/decoder';
import { randomCheckpoint, randomTokens } from '@grasp/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';

await tf.setBackend('wasm');

// Any Checkpoint does: openCheckpoint('path/to/model') of @grasp/checkpoint reads folders and GGUF files.
const checkpoint = randomCheckpoint(
  {
    model_type: 'qwen2',
    hidden_size: 16,
    intermediate_size: 24,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 4,
    num_hidden_layers: 2,
    vocab_size: 50,
    tie_word_embeddings: true,
  },
  1,
);
const decoder = await loadDecoder(checkpoint);
const batch = randomTokens(2, 16, 50, 2); // [2, 16] ids

// 1 leaves a unit as it is, 0 removes it, anything else scales it.
const gates = new Float32Array(decoder.layout.size).fill(1);
gates[3] = 0;
export const { loss, gradients } = await decoder.lossAndGateGradients(batch, gates);
export const blocks = decoder.layout.blocks; // where each layer's channels and groups are in the vector
decoder.dispose();
