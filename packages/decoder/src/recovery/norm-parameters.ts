import type { NormScales } from '@grasp/fold';
import type { DecoderConfig } from '../spec/config.js';
import { FINAL_NORM, normNames, type SublayerKind } from '../weights/tensor-names.js';

/** Names of the norms in the order of their scales: attention's, then the FFN's, of each layer; the final one. */
function normsInOrder(config: DecoderConfig): string[] {
  const ofSublayer = (layer: number, kind: SublayerKind) => Object.values(normNames(config, layer, kind));
  return [
    ...config.layers.flatMap(({ channels, kvHeads }, layer) => [
      ...(kvHeads > 0 ? ofSublayer(layer, 'attention') : []),
      ...(channels > 0 ? ofSublayer(layer, 'feedForward') : []),
    ]),
    FINAL_NORM,
  ];
}

/** Number of norm scales, the length of `DecoderParameters.norms`. */
export function normCount(config: DecoderConfig): number {
  return normsInOrder(config).length * config.hiddenSize;
}

/** Norm scales by tensor, for `changes.norms` of `foldCheckpoint`. */
export function normScales(config: DecoderConfig, norms: Float32Array): NormScales[] {
  const d = config.hiddenSize;
  return normsInOrder(config).map((tensor, i) => ({
    tensor,
    scales: norms.subarray(i * d, (i + 1) * d),
    offset: config.normOffset,
  }));
}
