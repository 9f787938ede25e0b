import { rowRange, rows, type TokenBatch } from '@grasp/calib-data';
import type { DecoderView } from '@grasp/decoder';
import type { TextSizes } from '../forecast/text-sizes.js';
import type { PruneSettings } from '../settings/schema.js';

/** A short text holds out less: one block in so many. */
const ONE_IN = 16;

/** How many of a text's last blocks refit and tuning do not read: those that show what tuning was worth, if there is any. */
export function heldOutCount(
  { heldOut, scales }: Pick<PruneSettings, 'heldOut' | 'scales'>,
  blocks: number,
): number {
  return scales.epochs === 0 ? 0 : Math.min(heldOut.blocks, Math.floor(blocks / ONE_IN));
}

/** The sizes of the texts that refit and tuning learn from. */
export function learnedSizes(
  settings: Pick<PruneSettings, 'heldOut' | 'scales'>,
  texts: TextSizes,
): TextSizes {
  const { gates, scales, apart } = texts;
  const heldOut = heldOutCount(settings, scales);
  return { ...texts, scales: scales - heldOut, gates: apart ? gates : gates - heldOut };
}

/** Cuts a text into the blocks that stages learn from and those that show what it was worth. */
export function splitHeldOut(
  settings: Pick<PruneSettings, 'heldOut' | 'scales'>,
  blocks: TokenBatch,
): { readonly learned: TokenBatch; readonly heldOut: TokenBatch | undefined } {
  const [count] = blocks.shape;
  const last = heldOutCount(settings, count);
  if (last === 0) return { learned: blocks, heldOut: undefined };
  const first = count - last;
  return { learned: rowRange(blocks, 0, first), heldOut: rowRange(blocks, first, last) };
}

/** Mean next-token loss of a model, in nats, of the tokens that count, block by block: at any size, one block fits. */
export async function meanLoss(view: DecoderView, blocks: TokenBatch): Promise<number> {
  const [count, length] = blocks.shape;
  let sum = 0;
  let tokens = 0;
  for (let block = 0; block < count; block++) {
    const losses = await view.negLogLikelihood(rows(blocks, [block]));
    losses.forEach((nll, at) => {
      if (blocks.lossMask?.[block * length + at + 1] === 0) return;
      sum += nll;
      tokens += 1;
    });
  }
  return sum / tokens;
}
