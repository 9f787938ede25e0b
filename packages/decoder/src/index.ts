export {
  type Architecture,
  architectures,
  findArchitecture,
  registerArchitecture,
} from './architectures/index.js';
export { type DecoderConfig, decoderConfig, LAYER_SHAPES_KEY, type LayerShape } from './config.js';
export type { ContinuationGroup } from './continuations.js';
export {
  attentionMatrices,
  correctionUpdates,
  feedForwardMatrices,
  initialFactors,
} from './corrections.js';
export * from './costs/index.js';
export { Decoder, type LikelyTokens, type Tuning } from './decoder.js';
export {
  DecoderInputError,
  ModelConfigError,
  NonFiniteActivationError,
  UnsupportedModelError,
  WeightShapeError,
} from './errors.js';
export type { ExpectedRows, ExpectedRowsTaker } from './expected-rows.js';
export { checkWeights, type ExpectedTensor, expectedTensors } from './expected-tensors.js';
export { type LoadOptions, loadDecoder } from './load-decoder.js';
export type { WeightDType } from './load-weights.js';
export { rotaryFrequencies } from './rotary.js';
export type { RotaryConfig } from './rotary-config.js';
export { eagerRuntime, type Runtime, type Scope, type TensorFunction } from './runtime.js';
export { hasUniformLayers, kvCacheBytesPerToken, type ParameterCounts, parameterCounts } from './sizes.js';
export type { TokenBatch } from './token-batch.js';
export { type Corrections, scaleLayout, scaleSlices, TunableDecoder, withNorms } from './tunable-decoder.js';
export { decoderLayout, maskedShapes, prunedConfig, unitSlices } from './units.js';
