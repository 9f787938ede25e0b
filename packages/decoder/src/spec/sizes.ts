import { type DecoderConfig, LAYER_SHAPES_KEY } from './config.js';

/** Parameters of a model by what becomes of them. */
export interface ParameterCounts {
  /** Everything, biases left out; a tied head counts once. */
  readonly total: number;
  /** What the budget is about: FFN and attention projections. */
  readonly prunable: number;
}

/** Parameters of each layer's FFN and attention projections, biases left out. */
export function layerParameters({
  hiddenSize: d,
  headDim: h,
  queriesPerKvHead: G,
  layers,
}: DecoderConfig): number[] {
  return layers.map(({ channels, kvHeads }) => 3 * d * channels + (2 * G + 2) * h * d * kvHeads);
}

/** Parameters a model has, from its config alone. */
export function parameterCounts(config: DecoderConfig): ParameterCounts {
  const { hiddenSize: d, vocabSize: V } = config;
  const prunable = layerParameters(config).reduce((sum, parameters) => sum + parameters, 0);
  const norms = (2 * config.layers.length + 1) * d;
  return { prunable, total: prunable + norms + V * d * (config.tiedHead ? 1 : 2) };
}

/** Bytes the KV cache grows by with each token, at `bytes` an element (2 for half precision). */
export function kvCacheBytesPerToken(config: DecoderConfig, bytes = 2): number {
  return config.layers.reduce((sum, { kvHeads }) => sum + 2 * kvHeads * config.headDim * bytes, 0);
}

/** A config without per-layer widths, for tools that know only one. */
export function hasUniformLayers(raw: Readonly<Record<string, unknown>>): boolean {
  return raw[LAYER_SHAPES_KEY] === undefined;
}
