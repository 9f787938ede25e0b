export type { Checkpoint, CheckpointFile, TensorData, TensorDType, TensorInfo } from './checkpoint.js';
export { convert, toFloat32 } from './convert.js';
export {
  CheckpointFormatError,
  CheckpointMissingError,
  CheckpointReadError,
  CheckpointUnsupportedError,
  CheckpointWriteError,
  NarrowingOverflowError,
  NonFiniteWeightError,
  TensorMissingError,
  type WriteFailure,
} from './errors.js';
export { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './float16.js';
export { LIMITS } from './limits.js';
export { openCheckpoint } from './open-checkpoint.js';
export { openSafetensors, type SafetensorsFile, type SafetensorsTensor } from './safetensors-file.js';
export type { SafetensorsDType, SafetensorsInfo } from './safetensors-header.js';
