export {
  type Architecture,
  architectures,
  findArchitecture,
  registerArchitecture,
} from './spec/architectures/index.js';
export { type DecoderConfig, decoderConfig, LAYER_SHAPES_KEY, type LayerShape } from './spec/config.js';
export type { ContinuationGroup } from './inference/continuations.js';
export {
  attentionMatrices,
  correctionUpdates,
  feedForwardMatrices,
  initialFactors,
} from './recovery/lora-parameters.js';
export { Decoder, type LikelyTokens, type Tuning } from './decoder.js';
export {
  DecoderInputError,
  ModelConfigError,
  NonFiniteActivationError,
  UnsupportedModelError,
  WeightShapeError,
} from './errors.js';
export type { ExpectedRows, ExpectedRowsTaker } from './recovery/teacher-targets.js';
export { checkWeights, type ExpectedTensor, expectedTensors } from './weights/expected-tensors.js';
export { type LoadOptions, loadDecoder } from './load-decoder.js';
export type { WeightDType } from './weights/weight-reader.js';
export { rotaryFrequencies } from './math/rotary.js';
export type { RotaryConfig } from './spec/rotary-config.js';
export { eagerRuntime, type Runtime, type Scope, type TensorFunction } from './runtime/runtime.js';
export { hasUniformLayers, kvCacheBytesPerToken, type ParameterCounts, parameterCounts } from './spec/sizes.js';
export type { TokenBatch } from './token-batch.js';
export { type Corrections, scaleLayout, scaleSlices, TunableDecoder, withNorms } from './tunable-decoder.js';
export { decoderLayout, maskedShapes, prunedConfig, unitSlices } from './spec/units.js';
