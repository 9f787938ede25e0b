import type { Checkpoint } from '@grasp/checkpoint';
import {
  type DecoderCheckpoint,
  decoderCheckpoint,
  decoderLayout,
  prunedConfig,
  unitSlices,
} from '@grasp/decoder';
import { foldCheckpoint, type WeightChanges } from '@grasp/fold';

/**
 * The pruned model as a view of the dense one. Every weight is rounded to its dtype once.
 *
 * @param checkpoint the dense model.
 * @param mask 1 for each kept unit.
 * @param scales a factor for each kept unit. Default: 1.
 * @param changes refitted columns, LoRA products and norm scales. Default: none.
 */
export function prunedView(
  checkpoint: Checkpoint,
  mask: Uint8Array,
  scales?: Float32Array,
  changes: WeightChanges = {},
): DecoderCheckpoint {
  const dense = decoderCheckpoint(checkpoint);
  const { decoder } = dense;
  const view = foldCheckpoint(dense, {
    layout: decoderLayout(decoder),
    slices: unitSlices(decoder),
    mask,
    ...(scales ? { scales } : {}),
    config: prunedConfig(dense.config, decoder, mask),
    changes,
  });
  return decoderCheckpoint(view, [decoder.architecture]);
}
