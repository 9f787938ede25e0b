import type { UnitBlock } from '@grasp/budget';
import type { Decoder, TokenBatch } from '@grasp/decoder';
import { type ActivationStatistics, activationStatistics } from './activation-statistics.js';

/** The inputs of the output matrix of a block of units. */
const siteOf = ({ layer, kind }: UnitBlock) =>
  kind === 'kv' ? `layers.${layer}.attention.heads` : `layers.${layer}.ffn.hidden`;

/** Statistics of the inputs of the dense model's output matrices, by block of the layout: `count · w` columns each. */
export async function hiddenStatistics(
  model: Decoder,
  batches: Iterable<TokenBatch>,
): Promise<readonly ActivationStatistics[]> {
  const statistics = await activationStatistics(model.under(), batches, model.layout.blocks.map(siteOf));
  return model.layout.blocks.map((block) => statistics.get(siteOf(block))!);
}
