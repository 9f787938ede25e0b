export type { EncodeOptions, Tokenizer } from './tokenizer.js';
