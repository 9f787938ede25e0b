export { checkNumbers, withFiniteWeights } from './check-numbers.js';
export type { Checkpoint, CheckpointFile, TensorData, TensorDType, TensorInfo } from './checkpoint.js';
export { convert, toFloat32 } from './convert.js';
export { dequantize } from './dequantize.js';
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
export { acquireLock, type Claimant } from './file-lock.js';
export { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './float16.js';
export { GGML_TYPES, GGUF_VALUE_TYPES, type GgmlQuantType, type GgmlType } from './ggml-types.js';
export { byteLevelPresetName } from './gguf-byte-level.js';
export { ggufName } from './gguf-names.js';
export { LIMITS } from './limits.js';
export { openCheckpoint } from './open-checkpoint.js';
export { claimOutputFolder, type OutputFolder, releaseOutputFolder, writeError } from './output-folder.js';
export {
  openSafetensors,
  type SafetensorsArrays,
  type SafetensorsFile,
  type SafetensorsTensor,
} from './safetensors-file.js';
export type { SafetensorsDType, SafetensorsInfo } from './safetensors-header.js';
export { type SafetensorsEntry, writeSafetensors } from './safetensors-write.js';
export { type SpecialRole, type TokenizerRoles, tokenizerRoles } from './tokenizer-roles.js';
export { type WriteCheckpointOptions, writeCheckpoint } from './write-checkpoint.js';
export { type TensorProgress, type WriteFolderOptions, writeFolder } from './write-folder.js';
