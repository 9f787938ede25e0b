export { type Difference, difference, expectClose } from './difference.js';
export { type GgufTestTensor, type GgufTestValue, ggufBytes } from './gguf-bytes.js';
export { normals, random } from './random.js';
export { randomCheckpoint, randomTokens, type TinyConfig } from './random-checkpoint.js';
export { readmeCode } from './readme-code.js';
export { hasShared, sharedPath } from './shared.js';
export { hasSmollm2, smollm2Path } from './smollm2.js';
export { hasTensorFlow } from './tensorflow.js';
export { tinyLlama, tinyText } from './tiny-llama.js';
