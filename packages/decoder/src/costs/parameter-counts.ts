import type { DecoderConfig } from '../spec/config.js';
import { decoderLayers } from './decoder-layers.js';
import { decoderSize } from './decoder-size.js';

/** Numbers of parameters of a model. */
export interface ParameterCounts {
  /** All parameters except biases. A tied head counts once. */
  readonly total: number;
  /** The parameters that a budget counts: FFN projections, and attention's unless its groups cannot be pruned. */
  readonly prunable: number;
}

/** Parameters of each layer's FFN and attention projections, without biases. */
export function layerParameters(config: DecoderConfig): number[] {
  const parameters = config.layers.map(() => 0);
  for (const { layer, cost } of decoderLayers(config).sublayers)
    parameters[layer]! += cost.parameters.matrices;
  return parameters;
}

/** Numbers of parameters, from the config alone. */
export function parameterCounts(config: DecoderConfig): ParameterCounts {
  const { sublayers, ends } = decoderSize(config);
  const prunable = decoderLayers(config)
    .sublayers.filter(({ kind }) => kind === 'ffn' || config.groupGate !== 'none')
    .reduce((sum, { cost }) => sum + cost.parameters.matrices, 0);
  return { prunable, total: sublayers.matrices + sublayers.norms + ends.matrices + ends.norms };
}

/** Bytes of KV cache per token, at `bytes` per element (2 for half precision). */
export function kvCacheBytesPerToken(config: DecoderConfig, bytes = 2): number {
  return bytes * decoderSize(config).kvCache(1);
}
