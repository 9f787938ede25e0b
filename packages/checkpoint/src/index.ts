export { parseJson } from '@grasp/files';
export { hashOf, updateHash } from './bytes/hash.js';
export { stringifyLike } from './bytes/json-text.js';
export {
  type Checkpoint,
  type CheckpointFile,
  elementCount,
  type StoredTensors,
  type TensorData,
  type TensorDType,
  type TensorInfo,
  type TensorProgress,
} from './checkpoint.js';
export { checkNumbers, withFiniteWeights } from './dtypes/check-numbers.js';
export { convert, toFloat32 } from './dtypes/convert.js';
export {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from './dtypes/float16.js';
export {
  CheckpointFormatError,
  CheckpointMissingError,
  CheckpointReadError,
  CheckpointUnsupportedError,
  InexpressibleModelError,
  NarrowingOverflowError,
  NonFiniteWeightError,
  TensorMissingError,
} from './errors.js';
export { completeTokenizerJson } from './folder/added-tokens.js';
export { type SpecialRole, type TokenizerRoles, tokenizerRoles } from './folder/tokenizer-roles.js';
export { type WriteCheckpointOptions, writeCheckpoint } from './folder/write-checkpoint.js';
export { type WriteFolderOptions, writeFolder } from './folder/write-folder.js';
export type { GgufArchitecture, GgufNumber, GgufSizes } from './gguf/architectures/architecture.js';
export { ggufArchitectures } from './gguf/architectures/index.js';
export { GGUF_VALUE_TYPES } from './gguf/header/format.js';
export { MODEL as GGUF_KEYS, type ModelKey as GgufKey } from './gguf/keys.js';
export { ggufConfigOf } from './gguf/model/config-of-model.js';
export {
  GGUF_FILE_TYPES,
  type GgufFileType,
  type StoredType as StoredGgufType,
} from './gguf/model/file-type.js';
export { chosenTypes as chosenGgufTypes } from './gguf/model/mixture.js';
export { toStoredForm } from './gguf/model/stored-form.js';
export { ggufName, huggingFaceNames } from './gguf/model/tensor-names.js';
export type { GgufDescription, GgufLayer, GgufModel, GgufRotary } from './gguf/model/write-model.js';
export { dequantize } from './gguf/quantized/dequantize.js';
export { GGML_TYPES, type GgmlQuantType, type GgmlType } from './gguf/quantized/types.js';
export { byteLevelPresetName } from './gguf/tokenizer/byte-level.js';
export type { TokenizerSource } from './gguf/tokenizer/tokenizer-files.js';
export {
  checkGgufHeader,
  type GgufContent,
  type GgufFallback,
  type GgufTensor,
  type WriteGgufFileOptions,
  writeGgufFile,
} from './gguf/write-gguf.js';
export { LIMITS } from './limits.js';
export { type OpenOptions, openCheckpoint } from './open-checkpoint.js';
export type { SafetensorsDType, SafetensorsInfo } from './safetensors/header.js';
export {
  openSafetensors,
  type SafetensorsArrays,
  type SafetensorsFile,
  type SafetensorsTensor,
} from './safetensors/open.js';
export { type SafetensorsEntry, writeSafetensors } from './safetensors/write.js';
