import * as tf from '@tensorflow/tfjs-core';
import type { DecoderParts } from '../decoder-parts.js';
import { PreparedLayers } from '../layers/prepared-layers.js';
import { disposePositions, type Positions } from '../layers/rotary-positions.js';
import { splitParameters } from '../layers/split-parameters.js';
import { readTensor } from '../runtime/read-tensor.js';
import type { DecoderParameters } from '../spec/parameters.js';
import { checkBatch, type TokenBatch } from '../token-batch.js';
import { observeSublayer } from './observe.js';
import type { SublayerMoments } from './sublayer-moments.js';

/** One batch on its way up. */
interface Stream {
  readonly positions: Positions;
  x: tf.Tensor; // [N, d]
}

/** See `DecoderView.inputMoments`. */
export async function* inputMoments(
  parts: DecoderParts,
  parameters: DecoderParameters,
  batches: readonly TokenBatch[],
): AsyncGenerator<SublayerMoments, void, undefined> {
  for (const batch of batches) checkBatch(parts.config, batch, 1);
  const layers = new PreparedLayers(parts, splitParameters(parts, parameters, 'kept'));
  const streams: Stream[] = batches.map(({ ids, shape }) => ({
    positions: parts.positions.range(0, shape[1]),
    x: tf.tidy(() => parts.head.embed(ids)),
  }));
  try {
    for (const [i, { block }] of parts.sublayers.entries()) {
      const isPrunable = block.start < parts.layout.size;
      const gram = climb(parts, layers, streams, i, isPrunable);
      if (gram) yield { block, gram: await readTensor(gram) };
    }
  } finally {
    layers.dispose();
    for (const { x, positions } of streams) {
      x.dispose();
      disposePositions(positions);
    }
  }
}

/** Takes all streams past one sublayer. Returns the sum of their Gram matrices, if it is wanted. */
function climb(
  parts: DecoderParts,
  layers: PreparedLayers,
  streams: readonly Stream[],
  i: number,
  wanted: boolean,
): tf.Tensor | undefined {
  const { permutation } = layers.parameters.sublayers[i]!;
  let total: tf.Tensor | undefined; // [U·w, U·w]
  try {
    for (const stream of streams) {
      const { after, gram } = layers.run((passes) => {
        const { x, positions } = stream;
        const sites = { inputs: wanted };
        const { after, inputs: h } = observeSublayer(parts, passes[i]!, permutation, x, positions, sites);
        const own = h && tf.matMul(h, h, true, false);
        return { after, gram: own && total ? tf.add(total, own) : own };
      });
      stream.x.dispose();
      stream.x = after;
      total?.dispose();
      total = gram;
    }
    return total;
  } catch (error) {
    total?.dispose();
    throw error;
  }
}
