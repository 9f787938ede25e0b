import { keptPerBlock, type Layout } from '@grasp/budget';
import { toFloat32 } from '@grasp/checkpoint';
import { joinBatches } from '../measures/join-batches.js';
import { outputMatrices } from '../output-matrices.js';
import type { MethodInputs } from '../pruning-method.js';
import type { OutputMoments } from './output-moments.js';
import { removeUnits } from './remove-units.js';

/** What the choice within layers reads. */
type ObsInputs = Pick<MethodInputs, 'model' | 'checkpoint' | 'batches' | 'protect'>;

/**
 * Chooses units anew by optimal brain surgeon: each layer and kind keeps as many as in `mask`, but those whose removal the
 * others take over best, see `removeUnits`. `H = E[h hᵀ]` of the output matrix's inputs on the dense model.
 *
 * @param moments `F = E[g gᵀ]` of the gradients at the outputs: errors count as the loss feels them. Default: all alike.
 * @param onChosen called after each block of units in which there is a choice.
 * @throws MethodError if activations are not finite, or too large for float32.
 */
export async function obsWithin(
  { model, checkpoint, batches, protect }: ObsInputs,
  mask: Uint8Array,
  moments?: OutputMoments,
  onChosen: (done: number, total: number) => void = () => {},
): Promise<Uint8Array> {
  const chosen = mask.slice();
  const open = new Set(openBlocks(model.layout, mask));
  const total = open.size;
  const matrixOf = new Map(outputMatrices(checkpoint.decoder).map((matrix) => [matrix.block.start, matrix]));
  if (total === 0) return chosen;
  for await (const { block, gram } of model.under().inputMoments([...joinBatches(batches)])) {
    const { start, count } = block;
    if (!open.delete(start)) continue;
    const { tensor, width } = matrixOf.get(start)!;
    const outputs = moments?.get(start);
    const problem = {
      ...{ tensor, width, inputs: gram },
      ...(outputs ? { outputs } : {}),
      weight: toFloat32(await checkpoint.read(tensor)),
      keep: mask.subarray(start, start + count).reduce((sum, bit) => sum + bit, 0),
      ...(protect ? { protect: protect.subarray(start, start + count) } : {}),
    };
    chosen.set(await removeUnits(problem), start);
    onChosen(total - open.size, total);
    if (open.size === 0) break;
  }
  return chosen;
}

/** Starts of the blocks of which a mask keeps some units and removes others. */
function openBlocks(layout: Layout, mask: Uint8Array): number[] {
  const counts = keptPerBlock(layout, mask);
  const open = layout.blocks.filter(({ count }, i) => counts[i]! > 0 && counts[i]! < count);
  return open.map(({ start }) => start);
}
