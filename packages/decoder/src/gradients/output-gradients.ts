import type { DecoderParts } from '../decoder-parts.js';
import { PreparedLayers } from '../layers/prepared-layers.js';
import { gatesInLayoutOrder, splitParameters } from '../layers/split-parameters.js';
import type { SublayerMoments } from '../observation/sublayer-moments.js';
import { readTensor } from '../runtime/read-tensor.js';
import type { DecoderParameters } from '../spec/parameters.js';
import { checkBatch, meanOverTargets, splitTargets, type TokenBatch } from '../token-batch.js';
import { backpropagate } from './backpropagation.js';
import { nonFiniteError } from './non-finite.js';

/** What `DecoderView.outputGradients` finds on one batch. */
export interface OutputGradients {
  /** Mean next-token cross entropy. */
  readonly loss: number;
  /** ∂L/∂z of each unit, float32, in layout order; 0 for units whose gate is 0. */
  readonly gates: Float32Array;
  /** `Σ_t g_ti · g_tj` of `g = ∂L/∂y` at the outputs `y` of the sublayers that can be pruned: `[d, d]`. */
  readonly moments: readonly SublayerMoments[];
}

/** See `DecoderView.outputGradients`. */
export async function outputGradients(
  parts: DecoderParts,
  parameters: DecoderParameters,
  batch: TokenBatch,
): Promise<OutputGradients> {
  checkBatch(parts.config, batch, 2);
  const { head, positions, sublayers, layout } = parts;
  const { inputs, tokens } = splitTargets(batch);
  const split = splitParameters(parts, parameters, 'kept');
  const layers = new PreparedLayers(parts, split);
  try {
    const { nll, dz, grams } = layers.run((passes) => {
      const at = positions.range(0, tokens, batch.shape[1]);
      const wanted = { pruned: false, tuning: false, outputs: true };
      const { nll, dz, outputGrams } = backpropagate(head, passes, layers.norm, batch, at, wanted);
      return { nll, dz, grams: outputGrams! };
    });
    const reads = [readTensor(nll), readTensor(dz), readTensor(grams)] as const;
    await Promise.allSettled(reads); // if one fails, the others still need their tensors
    const [losses, ofGates, all] = await Promise.all(reads);
    const loss = meanOverTargets(batch, losses);
    if (!Number.isFinite(loss)) throw await nonFiniteError(parts, layers, inputs, tokens);
    const size = all.length / sublayers.length;
    const moments = sublayers.flatMap(({ block }, i) => {
      const gram = all.subarray(i * size, (i + 1) * size);
      return block.start < layout.size ? [{ block, gram }] : []; // the others cannot be pruned
    });
    return { loss, gates: gatesInLayoutOrder(parts, split, ofGates, false), moments };
  } finally {
    layers.dispose();
  }
}
