import type { TokenBatch } from '@grasp/calib-data';
import type { Decoder, DecoderParameters } from '@grasp/decoder';
import type { PruneEvent } from '../run/events.js';
import { meanLoss } from './held-out.js';

/** Shares of what tuning found that are compared. The untuned model is first, so it stays if nothing is better. */
const SHARES = [0, 1, 0.5];

/** What held-out text says of tuning. */
export interface HeldOutResult {
  readonly blocks: number;
  /** Mean next-token loss, in nats, under each share. */
  readonly losses: readonly { readonly share: number; readonly loss: number }[];
  /** The share with the lowest loss, which the model keeps. */
  readonly share: number;
}

/**
 * Finds how much of what tuning learned serves text that it did not see. Little text, or little damage to repair, and
 * all of it may be too much.
 *
 * @param at the model's parameters under a share between 0 (before tuning) and 1 (after it).
 */
export async function* keepShare(
  model: Decoder,
  heldOut: TokenBatch,
  at: (share: number) => DecoderParameters,
): AsyncGenerator<PruneEvent, HeldOutResult, undefined> {
  const losses: { share: number; loss: number }[] = [];
  let best = { share: 0, loss: Number.POSITIVE_INFINITY };
  for (const share of SHARES) {
    const loss = await meanLoss(model.under(at(share)), heldOut);
    losses.push({ share, loss });
    if (loss < best.loss) best = { share, loss };
    yield {
      stage: 'held-out',
      compared: losses.length,
      shares: SHARES.length,
      share,
      loss,
      tokens: heldOut.ids.length,
    };
  }
  return { blocks: heldOut.shape[0], losses, share: best.share };
}

/**
 * Parameters after a share of the way that tuning went: scores of scales started at 0, and so did the product of LoRA's
 * two factors. Each factor takes the root of the share.
 */
export function shareOf<Group extends string>(
  parameters: Readonly<Record<Group, Float32Array>>,
  share: number,
): Record<Group, Float32Array> {
  const entries = Object.entries<Float32Array>(parameters).map(([group, values]) => {
    const factor = group === 'lora' ? Math.sqrt(share) : share;
    return [group, share === 1 ? values : values.map((value) => value * factor)];
  });
  return Object.fromEntries(entries) as Record<Group, Float32Array>;
}
