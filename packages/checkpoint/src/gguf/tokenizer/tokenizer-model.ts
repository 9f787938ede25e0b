/** Values of `tokenizer.ggml.model`. */
export const TOKENIZER_MODEL = { byteLevel: 'gpt2', sentencePiece: 'llama' } as const;

/** Values of `tokenizer.ggml.token_type`. */
export const TOKEN_KIND = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;
