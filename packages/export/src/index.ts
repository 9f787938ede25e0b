export { InexpressibleModelError } from './errors.js';
export { GGUF_FILE_TYPES, type GgufFileType } from './gguf/tensor-type.js';
export { type WriteGgufOptions, writeGguf } from './gguf/write-gguf.js';
export { forTransformers } from './transformers/for-transformers.js';
