import { keptPerBlock, type UnitBlock } from '@grasp/budget';
import { toFloat32 } from '@grasp/checkpoint';
import { unitSlices } from '@grasp/decoder';
import { activationStatistics } from '../measures/activation-statistics.js';
import { siteOf } from '../measures/hidden-statistics.js';
import { joinBatches } from '../measures/join-batches.js';
import type { MethodInputs } from '../pruning-method.js';
import { removeUnits } from './remove-units.js';

/** What the choice within layers reads. */
type Inputs = Pick<MethodInputs, 'model' | 'checkpoint' | 'batches'>;

/** Gram matrices that are held at once, in bytes. */
const MAX_BYTES = 2 ** 30;

/**
 * Chooses units anew by optimal brain surgeon: each layer and kind keeps as many as in `mask`, but those whose removal the
 * others take over best, see `removeUnits`. `H = E[h hᵀ]` of the output matrix's inputs on the dense model.
 *
 * @param by `loss`: errors count as the loss feels them, `F = E[g gᵀ]` of the gradients at the output; `output`: all alike.
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
  const slices = unitSlices(checkpoint.decoder).filter(
    ({ axis, tensor }) => axis === 1 && /weight$/.test(tensor),
  );
  const columnsOf = ({ layer, kind, count }: UnitBlock) =>
    count * slices.find((slice) => slice.layer === layer && slice.kind === kind)!.width;
  for (const some of inParts(layout.blocks, (block) => 8 * columnsOf(block) ** 2)) {
    const statistics = await activationStatistics(model.under(), joined, some.map(siteOf), { gram: true });
    for (const block of some) {
      const keep = counts[layout.blocks.indexOf(block)]!;
      if (keep === 0 || keep === block.count) continue;
      const { tensor, width } = slices.find(
        ({ layer, kind }) => layer === block.layer && kind === block.kind,
      )!;
      const outputs = moments?.get(block.start);
      const problem = {
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

/** Consecutive blocks together, as long as their sizes are within the limit. */
function inParts(blocks: readonly UnitBlock[], bytes: (block: UnitBlock) => number): UnitBlock[][] {
  const parts: UnitBlock[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const block of blocks) {
    held += bytes(block);
    if (held > MAX_BYTES) {
      parts.push([]);
      held = bytes(block);
    }
    parts.at(-1)!.push(block);
  }
  return parts;
}
