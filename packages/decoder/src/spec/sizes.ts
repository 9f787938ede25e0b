import { type DecoderConfig, LAYER_SHAPES_KEY } from './config.js';

/** Numbers of parameters of a model. */
export interface ParameterCounts {
  /** All parameters except biases. A tied head counts once. */
  readonly total: number;
  /** The parameters that a budget counts: FFN and attention projections. */
  readonly prunable: number;
}

/** Parameters of each layer's FFN and attention projections, without biases. */
export function layerParameters({
  hiddenSize: d,
  headDim: h,
  queriesPerKvHead: G,
  layers,
}: DecoderConfig): number[] {
  return layers.map(({ channels, kvHeads }) => 3 * d * channels + (2 * G + 2) * h * d * kvHeads);
}

/** Numbers of parameters, from the config alone. */
export function parameterCounts(config: DecoderConfig): ParameterCounts {
  const { hiddenSize: d, vocabSize: V } = config;
  const prunable = layerParameters(config).reduce((sum, parameters) => sum + parameters, 0);
  const norms = (2 * config.layers.length + 1) * d;
  return { prunable, total: prunable + norms + V * d * (config.tiedHead ? 1 : 2) };
}

/** Bytes of KV cache per token, at `bytes` per element (2 for half precision). */
export function kvCacheBytesPerToken(config: DecoderConfig, bytes = 2): number {
  return config.layers.reduce((sum, { kvHeads }) => sum + 2 * kvHeads * config.headDim * bytes, 0);
}

/** Whether a config.json has one width for all layers. */
export function hasUniformLayers(raw: Readonly<Record<string, unknown>>): boolean {
  return raw[LAYER_SHAPES_KEY] === undefined;
}
