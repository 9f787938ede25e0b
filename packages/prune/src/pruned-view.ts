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
 * The pruned model that was learned, as a view of the dense one. Without scales: with the mask alone.
 *
 * @param scales of the units, or of these and the norms' entries (`scaleLayout` of `@grasp/decoder`)
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
