import type { UnitBlock } from '@grasp/budget';
import type { DecoderParts } from '../layers/decoder-parts.js';
import { PreparedLayers } from '../layers/prepared-layers.js';
import { splitParameters } from '../layers/split-parameters.js';
import { readTensor } from '../runtime/read-tensor.js';
import type { DecoderParameters } from '../spec/parameters.js';
import { checkBatch, splitTargets, type TokenBatch } from '../token-batch.js';
import { backpropagate } from './backpropagation.js';
import { nonFiniteError } from './non-finite.js';

/** The second moments of the gradient at the output of one sublayer. */
export interface OutputGradients {
  readonly block: UnitBlock;
  /** `Σ_t g_ti · g_tj` over the tokens of a batch, `g = ∂L/∂y` for the mean loss `L`: float32 `[d, d]`, row-major. */
  readonly gram: Float32Array;
}

/** See `DecoderView.outputGradients`. */
export async function outputGradients(
  parts: DecoderParts,
  parameters: DecoderParameters,
  batch: TokenBatch,
): Promise<OutputGradients[]> {
  checkBatch(parts.config, batch, 2);
  const { head, positions, sublayers, layout } = parts;
  const { inputs, tokens } = splitTargets(batch);
  const layers = new PreparedLayers(parts, splitParameters(parts, parameters, 'kept'));
  try {
    const { nll, outputGrams } = layers.run((passes) => {
      const at = positions.range(0, tokens, batch.shape[1]);
      const wanted = { pruned: false, tuning: false, outputs: true };
      const { nll, outputGrams } = backpropagate(head, passes, layers.norm, batch, at, wanted);
      return { nll, outputGrams: outputGrams! };
    });
    const [losses, grams] = await Promise.all([readTensor(nll), readTensor(outputGrams)]);
    const loss = losses.reduce((sum, x) => sum + x, 0);
    if (!Number.isFinite(loss)) throw await nonFiniteError(parts, layers, inputs, tokens);
    const size = grams.length / sublayers.length;
    return sublayers.flatMap(({ block }, i) => {
      const gram = grams.subarray(i * size, (i + 1) * size);
      return block.start < layout.size ? [{ block, gram }] : []; // the others cannot be pruned
    });
  } finally {
    layers.dispose();
  }
}
