/** Gate gradients of a model: how much the loss on some text minds each unit. */
import { openCheckpoint } from '@grasp/checkpoint';
import { loadDecoder } from '@grasp/decoder';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';

export async function gateGradients(model: string, ids: Int32Array) {
  await tf.setBackend('wasm');
  const checkpoint = await openCheckpoint(model); // a Hugging Face folder or a GGUF file
  const decoder = await loadDecoder(checkpoint);
  try {
    // 1 leaves a unit as it is, 0 removes it, anything else scales it.
    const gates = new Float32Array(decoder.layout.size).fill(1);
    gates[3] = 0;
    const { loss, gradients } = await decoder.lossAndGateGradients({ ids, shape: [1, ids.length] }, gates);
    // The blocks tell where each layer's channels and groups are in the vector of gradients.
    return { loss, gradients, blocks: decoder.layout.blocks };
  } finally {
    decoder.dispose();
    await checkpoint.close();
  }
}
