/**
 * What a model's headers answer: its config, whether its weights match, its sizes. Also the entry point
 * `@grasp/decoder/headers`, which loads neither TensorFlow.js nor code that computes.
 */
export { describeModel, type ModelDescription } from './describe-model.js';
export {
  configOf,
  type DecoderCheckpoint,
  decoderCheckpoint,
  openDecoderCheckpoint,
} from './spec/decoder-checkpoint.js';
export { checkWeights } from './weights/expected-tensors.js';
