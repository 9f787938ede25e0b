export { GGUF_FILE_TYPES, type GgufFileType, InexpressibleModelError } from '@grasp/checkpoint';
export type { CardAbout, CardRecord } from './card/card-record.js';
export { usedHealSettings } from './card/heal-settings.js';
export { type CardHealing, healedCard } from './card/healed-card.js';
export { type Origin, originOf } from './card/licence.js';
export { modelCard } from './card/model-card.js';
export { withoutFolders } from './card/without-folders.js';
export { type DeciOptions, forDeci } from './deci/for-deci.js';
export type { GgufSummary } from './gguf/gguf-summary.js';
export { checkGguf, checkGgufName, type WriteGgufOptions, writeGguf } from './gguf/write-gguf.js';
export {
  ChatFormError,
  type ChatMessage,
  type ConversationForm,
  conversationForm,
  type RenderChat,
} from './ollama/conversation-form.js';
export { type ModelfileContent, modelfile, type OllamaParameters } from './ollama/modelfile.js';
export { ONNX_TYPES, type OnnxType, type WriteOnnxOptions, writeOnnx } from './onnx/write-onnx.js';
export { forTransformers } from './transformers/for-transformers.js';
