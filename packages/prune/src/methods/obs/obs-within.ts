import { keptPerBlock } from '@grasp/budget';
import { toFloat32 } from '@grasp/checkpoint';
import { activationStatistics } from '../measures/activation-statistics.js';
import { siteOf } from '../measures/hidden-statistics.js';
import { joinBatches } from '../measures/join-batches.js';
import { type OutputMatrix, outputMatrices } from '../output-matrices.js';
import type { MethodInputs } from '../pruning-method.js';
import { MAX_GRAM_BYTES } from './obs-bytes.js';
import { removeUnits } from './remove-units.js';

/** What the choice within layers reads. */
type Inputs = Pick<MethodInputs, 'model' | 'checkpoint' | 'batches'>;

/**
 * Chooses units anew by optimal brain surgeon: each layer and kind keeps as many as in `mask`, but those whose removal the
 * others take over best, see `removeUnits`. `H = E[h hᵀ]` of the output matrix's inputs on the dense model.
 *
 * @param by `loss`: errors count as the loss feels them, `F = E[g gᵀ]` of the gradients at the output; `output`: all alike.
 * @throws MethodError if activations are not finite, or too large for float32.
 */
export async function obsWithin(
  inputs: Inputs,
  mask: Uint8Array,
  by: 'loss' | 'output',
): Promise<Uint8Array> {
  const { model, checkpoint, batches } = inputs;
  const { layout } = model;
  const counts = keptPerBlock(layout, mask);
  const chosen = mask.slice();
  const joined = [...joinBatches(batches)];
  const moments = by === 'loss' ? await outputMoments(inputs) : undefined;
  const keptOf = new Map(layout.blocks.map(({ start }, i) => [start, counts[i]!]));
  for (const some of inParts(outputMatrices(checkpoint.decoder))) {
    const sites = some.map(({ block }) => siteOf(block));
    const statistics = await activationStatistics(model.under(), joined, sites, { gram: true });
    for (const { block, tensor, width } of some) {
      const keep = keptOf.get(block.start)!;
      if (keep === 0 || keep === block.count) continue;
      const outputs = moments?.get(block.start);
      const problem = {
        tensor,
        weight: toFloat32(await checkpoint.read(tensor)),
        inputs: statistics.get(siteOf(block))!.gram!,
        ...(outputs ? { outputs } : {}),
      };
      chosen.set(await removeUnits({ ...problem, width, keep }, model.solveDefinite), block.start);
    }
  }
  return chosen;
}

/** `Σ g gᵀ` at the output of each block of units, by the block's start. */
async function outputMoments({ model, batches }: Inputs): Promise<ReadonlyMap<number, Float32Array>> {
  const sums = new Map<number, Float32Array>();
  for (const batch of batches)
    for (const { block, gram } of await model.under().outputGradients(batch)) {
      const sum = sums.get(block.start);
      if (sum) for (let i = 0; i < sum.length; i++) sum[i]! += gram[i]!;
      else sums.set(block.start, gram.slice());
    }
  return sums;
}

/** Consecutive matrices together, as long as their Gram matrices are within the limit. */
function inParts(matrices: readonly OutputMatrix[]): OutputMatrix[][] {
  const parts: OutputMatrix[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const matrix of matrices) {
    const bytes = 8 * matrix.columns ** 2;
    held += bytes;
    if (held > MAX_GRAM_BYTES) {
      parts.push([]);
      held = bytes;
    }
    parts.at(-1)!.push(matrix);
  }
  return parts;
}
