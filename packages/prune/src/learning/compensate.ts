import { rows, type TokenBlocks } from '@grasp/calib-data';
import type { Decoder, DecoderCheckpoint } from '@grasp/decoder';
import type { BiasUpdate } from '@grasp/fold';
import { assertBiases, biasOf, compensatingBiases } from '../methods/compensating-biases.js';
import { outputMatrices } from '../methods/output-matrices.js';
import type { PruneEvent } from '../run/events.js';
import type { PruneSettings } from '../settings/schema.js';
import type { ChoiceSource } from './choose-mask.js';

/**
 * Tells before any work what {@link compensate} would refuse after it.
 *
 * @throws MethodError if the model has no biases at all.
 */
export function assertCompensates(
  checkpoint: DecoderCheckpoint,
  { refit }: Pick<PruneSettings, 'refit'>,
): void {
  if (refit.mode !== 'bias') return;
  const tensors = outputMatrices(checkpoint.decoder).map(({ tensor }) => tensor);
  if (!tensors.some((tensor) => checkpoint.tensors.has(biasOf(tensor)))) assertBiases(checkpoint, tensors);
}

/**
 * FLAP's bias compensation, on the dense model's activations.
 *
 * @throws MethodError as {@link assertCompensates}, or if an output matrix that loses units has no bias.
 */
export async function* compensate(
  model: Decoder,
  { checkpoint }: Pick<ChoiceSource, 'checkpoint'>,
  mask: Uint8Array,
  blocks: TokenBlocks,
  settings: Pick<PruneSettings, 'refit'>,
): AsyncGenerator<PruneEvent, BiasUpdate[], undefined> {
  assertCompensates(checkpoint, settings);
  const { refit } = settings;
  const [available, length] = blocks.shape;
  const count = Math.min(available, refit.blocks);
  const event = { stage: 'bias', tokens: count * length } as const;
  yield { ...event, done: false };
  const batches = Array.from({ length: count }, (_, block) => rows(blocks, [block]));
  const biases = await compensatingBiases({ model, checkpoint, batches }, mask);
  yield { ...event, done: true };
  return biases;
}
