import { sha256OfIds, type TokenBlocks } from '@grasp/calib-data';
import { decoderCheckpoint } from '@grasp/decoder';
import { collectGarbage, type Engine, learn, parseSettings, projectionOf } from '@grasp/prune';
import * as tf from '@tensorflow/tfjs-core';
import { loadModel } from '../../shared/models/load-model.js';
import { randomCheckpoint } from '../../shared/models/random-checkpoint.js';

/** Memory of the process after a step and a garbage collection. */
export interface Sample {
  readonly step: number;
  readonly stage: 'gates' | 'scales';
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly tensors: number;
}

/** Four gate steps for each scale step, as in the paper. */
const EPOCHS = { gates: { epochs: 16 }, scales: { epochs: 4 } };
const [LENGTH, VOCABULARY] = [64, 256];
/** A llama with 0.2M parameters, for which a step takes milliseconds. */
const CONFIG = {
  model_type: 'llama',
  hidden_size: 64,
  intermediate_size: 192,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  num_hidden_layers: 4,
  vocab_size: VOCABULARY,
  tie_word_embeddings: true,
};

/**
 * Learns the gates and then the scales of a small random model, and samples the memory of the process.
 *
 * @param steps total steps, rounded to a multiple of 20.
 * @param every steps between two samples; at most all of them, so that there is one sample or more.
 */
export async function* soak(engine: Engine, steps: number, every: number): AsyncGenerator<Sample> {
  const epochs = EPOCHS.gates.epochs + EPOCHS.scales.epochs;
  const count = Math.max(1, Math.round(steps / epochs));
  const interval = Math.min(every, count * epochs);
  const blocks = randomBlocks(count);
  const model = randomCheckpoint(CONFIG);
  const settings = parseSettings({ text: { length: LENGTH }, ...EPOCHS });
  const decoder = await loadModel(model, engine);
  let step = 0;
  try {
    const data = { checkpoint: decoderCheckpoint(model), gateBlocks: blocks, scaleBlocks: blocks };
    for await (const { stage } of learn(decoder, data, settings, projectionOf(model, settings))) {
      if (stage !== 'gates' && stage !== 'scales') continue;
      if (++step % interval !== 0) continue;
      collectGarbage();
      const { rss: residentBytes, heapUsed: heapBytes } = process.memoryUsage();
      yield { step, stage, residentBytes, heapBytes, tensors: tf.memory().numTensors };
    }
  } finally {
    decoder.dispose();
  }
}

function randomBlocks(count: number): TokenBlocks {
  const values = tf.randomUniform([count * LENGTH], 0, VOCABULARY, 'int32', 1);
  const ids = Int32Array.from(values.dataSync());
  values.dispose();
  return { ids, shape: [count, LENGTH], fingerprint: sha256OfIds(ids), description: 'random tokens' };
}
