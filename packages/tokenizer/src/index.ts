export { type ChatPrompt, ChatTemplateError, chatPrompt, type Message } from './chat-prompt.js';
export {
  TokenizerFormatError,
  TokenizerMismatchError,
  TokenizerMissingError,
  TokenizerTextError,
} from './errors.js';
export { checkTokenizerFits, loadTokenizer, parseTokenizer } from './load-tokenizer.js';
export type { EncodeOptions, Tokenizer } from './tokenizer.js';
