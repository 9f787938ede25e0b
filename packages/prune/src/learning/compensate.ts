import { rows, type TokenBlocks } from '@grasp/calib-data';
import type { Decoder } from '@grasp/decoder';
import type { BiasUpdate } from '@grasp/fold';
import { compensatingBiases } from '../methods/compensating-biases.js';
import { MethodError } from '../methods/errors.js';
import type { PruneEvent } from '../run/events.js';
import type { PruneSettings } from '../settings/schema.js';
import type { ChoiceSource } from './choose-mask.js';

/**
 * FLAP's bias compensation, on the dense model's activations.
 *
 * @throws MethodError if the family has no such biases, or weights would be tuned without them.
 */
export async function* compensate(
  model: Decoder,
  { checkpoint }: Pick<ChoiceSource, 'checkpoint'>,
  blocks: TokenBlocks,
  mask: Uint8Array,
  { refit, scales }: Pick<PruneSettings, 'refit' | 'scales'>,
): AsyncGenerator<PruneEvent, BiasUpdate[], undefined> {
  if (scales.epochs > 0) {
    throw new MethodError(
      `refit.mode "bias" and scales.epochs ${scales.epochs}: tuning does not see the new biases. Set scales.epochs 0.`,
    );
  }
  const [available, length] = blocks.shape;
  const count = Math.min(available, refit.blocks);
  const event = { stage: 'method', method: 'bias', tokens: count * length } as const;
  yield { ...event, done: false };
  const batches = Array.from({ length: count }, (_, block) => rows(blocks, [block]));
  const biases = await compensatingBiases({ model, checkpoint, batches }, mask);
  yield { ...event, done: true };
  return biases;
}
