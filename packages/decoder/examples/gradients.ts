/** Gate gradients of a model: how sensitive the loss on a text is to each unit. */
import { openCheckpoint } from '@grasp/checkpoint';
import { loadDecoder } from '@grasp/decoder';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';

export async function gateGradients(model: string, ids: Int32Array) {
  await tf.setBackend('wasm');
  const checkpoint = await openCheckpoint(model); // a Hugging Face folder or a GGUF file
  const decoder = await loadDecoder(checkpoint);
  try {
    // 1 leaves a unit as it is, 0 removes it, another value scales it.
    const gates = new Float32Array(decoder.layout.size).fill(1);
    gates[3] = 0;
    const view = decoder.under({ gates });
    const { loss, gradients } = await view.lossAndGradients({ ids, shape: [1, ids.length] }, ['gates']);
    // The blocks say where each layer's channels and groups are in the vector of gradients.
    return { loss, gradients: gradients.gates, blocks: decoder.layout.blocks };
  } finally {
    decoder.dispose();
    await checkpoint.close();
  }
}
