export { type AttentionShape, attentionCost } from './costs/attention-cost.js';
export { type DecoderCost, type DecoderPass, decoderCost } from './costs/decoder-cost.js';
export { type DecoderLayers, decoderLayers, type SublayerCost } from './costs/decoder-layers.js';
export { type DecoderSize, decoderSize, loraSides } from './costs/decoder-size.js';
export { type FeedForwardShape, feedForwardCost } from './costs/feed-forward-cost.js';
export { LOSS_ENTRIES, PIECE_ENTRIES } from './costs/head-cost.js';
export {
  type Amounts,
  type LayerCost,
  type MatrixSize,
  type Parameters,
  type PassCost,
  type PassGradients,
  type PassTokens,
  type SavedElements,
  totalAmount,
  weightBytes,
} from './costs/layer-cost.js';
export { kvCacheBytesPerToken, type ParameterCounts, parameterCounts } from './costs/parameter-counts.js';
export type { SublayerUnits, Units } from './costs/units.js';
export { Decoder } from './decoder.js';
export { DecoderView } from './decoder-view.js';
export {
  DecoderInputError,
  DecoderStateError,
  ModelConfigError,
  NonFiniteActivationError,
  NonFiniteGradientError,
  UnsupportedModelError,
  WeightShapeError,
} from './errors.js';
export type { DistilGradients } from './gradients/distil-gradients.js';
export type { OutputGradients } from './gradients/output-gradients.js';
export type { WeightProducts } from './gradients/unit-products.js';
export {
  checkWeights,
  configOf,
  type DecoderCheckpoint,
  decoderCheckpoint,
  describeModel,
  type ModelDescription,
  openDecoderCheckpoint,
} from './headers.js';
export type { ContinuationGroup } from './inference/continuations.js';
export type { GenerateOptions, GenerateRowsOptions, LikelyTokens } from './inference/generate.js';
export { type LoadOptions, loadDecoder } from './load-decoder.js';
export type { Activation } from './math/activation.js';
export { attentionMatrices } from './math/attention/attention-shape.js';
export { feedForwardMatrices } from './math/feed-forward.js';
export type { TeacherLogits } from './math/head/distillation.js';
export type { TeacherTargets } from './math/head/teacher-targets.js';
export { rotaryFrequencies } from './math/rotary-frequencies.js';
export type { TakeObserved } from './observation/observe.js';
export type { SublayerMoments } from './observation/sublayer-moments.js';
export { initialLora, loraUpdates } from './recovery/lora-parameters.js';
export { normCount, normScales } from './recovery/norm-parameters.js';
export {
  eagerRuntime,
  type RecordOptions,
  type Runtime,
  type Scope,
  type TensorFunction,
} from './runtime/runtime.js';
export {
  type Architecture,
  architectures,
  type ConfigDefaults,
  findArchitecture,
} from './spec/architectures/index.js';
export {
  type DecoderConfig,
  decoderConfig,
  hasUniformLayers,
  LAYER_SHAPES_KEY,
  type LayerShape,
} from './spec/config.js';
export { ConfigFields } from './spec/config-fields.js';
export {
  type DecoderTraits,
  type FusedTensor,
  LLAMA_NORMS,
  type QueryKeyNorm,
  type SublayerNorms,
} from './spec/decoder-traits.js';
export {
  equalLayers,
  type LayerAttention,
  layerTypes,
  mixedLayers,
  slidingWindow,
} from './spec/layer-attention.js';
export type { DecoderParameters, ParameterName } from './spec/parameters.js';
export { type RotaryConfig, type RotaryOptions, ropeParameters, rotaryConfig } from './spec/rotary-config.js';
export { decoderLayout, maskedShapes, prunedConfig, unitSlices } from './spec/units.js';
export type { TokenBatch } from './token-batch.js';
export type { StateTensor } from './training/held-state.js';
export type { WeightKind } from './training/trained-weights.js';
export type { TrainingBatch } from './training/training-batch.js';
export type { LearningRates, TrainingOptions, TrainingStep } from './training/training-options.js';
export { WeightTraining } from './training/weight-training.js';
export { type ExpectedTensor, expectedTensors } from './weights/expected-tensors.js';
export { fusedCheckpoint, joinRows } from './weights/fused-tensors.js';
export { headRows } from './weights/head-rows.js';
export { type ModelTensors, modelTensors } from './weights/model-tensors.js';
export { layerTensor, type ProjectionName, projectionName } from './weights/tensor-names.js';
export { inOrder, transposed, type WeightDType } from './weights/weight-reader.js';
