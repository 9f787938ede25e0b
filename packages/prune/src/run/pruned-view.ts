import type { Checkpoint } from '@grasp/checkpoint';
import {
  decoderConfig,
  decoderLayout,
  prunedConfig,
  scaleLayout,
  scaleSlices,
  unitSlices,
  withNorms,
} from '@grasp/decoder';
import { foldCheckpoint } from '@grasp/fold';

/**
 * A view of the dense checkpoint in which only the units of the mask are left.
 *
 * @param scales factors for the units, or for the units and the norm weights (`scaleLayout` of `@grasp/decoder`).
 *   Default: none.
 */
export function prunedView(checkpoint: Checkpoint, mask: Uint8Array, scales?: Float32Array): Checkpoint {
  const config = decoderConfig(checkpoint.config);
  const withGains = scales !== undefined && scales.length > mask.length;
  const slices = withGains ? scaleSlices(config) : unitSlices(config);
  return foldCheckpoint(checkpoint, {
    layout: withGains ? scaleLayout(config) : decoderLayout(config),
    slices: slices.filter(({ tensor }) => checkpoint.tensors.has(tensor)),
    mask: withGains ? withNorms(config, mask) : mask,
    ...(scales ? { scales } : {}),
    config: prunedConfig(checkpoint.config, config, mask),
  });
}
