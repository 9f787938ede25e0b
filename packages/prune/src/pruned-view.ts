import { blockOf } from '@grasp/budget';
import type { Checkpoint } from '@grasp/checkpoint';
import {
  type DecoderConfig,
  decoderConfig,
  decoderLayout,
  prunedConfig,
  scaleLayout,
  scaleSlices,
  unitSlices,
} from '@grasp/decoder';
import { foldCheckpoint, type NormScales, type WeightChanges } from '@grasp/fold';

/**
 * Returns the pruned model as a view of the dense one. Every weight is rounded to its dtype once.
 *
 * @param mask 1 for each kept unit.
 * @param scales one per unit, optionally followed by one per norm entry (`scaleLayout` of `@grasp/decoder`). Default 1.
 * @param changes refitted columns and LoRA products. Default none.
 */
export function prunedView(
  checkpoint: Checkpoint,
  mask: Uint8Array,
  scales?: Float32Array,
  changes: WeightChanges = {},
): Checkpoint {
  const config = decoderConfig(checkpoint.config);
  const has = ({ tensor }: { readonly tensor: string }) => checkpoint.tensors.has(tensor);
  const norms = scales && scales.length > mask.length ? normScales(config, scales).filter(has) : [];
  return foldCheckpoint(checkpoint, {
    layout: decoderLayout(config),
    slices: unitSlices(config).filter(has),
    mask,
    ...(scales ? { scales: scales.subarray(0, mask.length) } : {}),
    config: prunedConfig(checkpoint.config, config, mask),
    changes: { ...changes, norms: [...(changes.norms ?? []), ...norms] },
  });
}

/** The scales that follow those of the units, by norm. */
function normScales(config: DecoderConfig, scales: Float32Array): NormScales[] {
  const layout = scaleLayout(config);
  const slices = scaleSlices(config).slice(unitSlices(config).length);
  return slices.map(({ tensor, layer, kind }) => {
    const { start, count } = blockOf(layout, layer, kind)!;
    return { tensor, scales: scales.subarray(start, start + count) };
  });
}
