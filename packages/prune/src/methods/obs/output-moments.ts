import type { Decoder, OutputGradients, TokenBatch } from '@grasp/decoder';
import type { GatedModel } from '@grasp/gates';

/** `Σ g gᵀ` of the loss's gradients `g [d]` at the output of each block of units, by the block's start: float32 `[d, d]`. */
export type OutputMoments = Map<number, Float32Array>;

/** Adds the second moments of one batch on the dense model. Its loss and gate gradients come with them. */
export async function addOutputMoments(
  moments: OutputMoments,
  model: Decoder,
  batch: TokenBatch,
): Promise<Omit<OutputGradients, 'moments'>> {
  const { moments: own, ...gradients } = await model.under().outputGradients(batch);
  for (const { block, gram } of own) {
    const sum = moments.get(block.start);
    if (sum) for (let i = 0; i < sum.length; i++) sum[i]! += gram[i]!;
    else moments.set(block.start, gram.slice());
  }
  return gradients;
}

/**
 * The model, whose next `evaluations` add to the moments what they compute anyway. Their gates are all 1, as in the first
 * round of iterative pruning.
 */
export function addingMoments(
  moments: OutputMoments,
  model: Decoder,
  evaluations: number,
): GatedModel<TokenBatch> {
  let left = evaluations;
  return {
    layout: model.layout,
    async lossAndGateGradients(batch, gates, options) {
      if (left-- <= 0) return model.lossAndGateGradients(batch, gates, options);
      const { loss, gates: gradients } = await addOutputMoments(moments, model, batch);
      return { loss, gradients };
    },
  };
}
