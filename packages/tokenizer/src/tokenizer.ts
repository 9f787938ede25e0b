export interface EncodeOptions {
  /** Add the special tokens the tokenizer's own post-processor adds (a leading BOS, say). Default true. */
  readonly specialTokens?: boolean;
}

/** Text to token ids and back. */
export interface Tokenizer {
  /** One more than the highest id, added tokens included. */
  readonly vocabSize: number;
  /** @throws TokenizerTextError for a text with millions of spaces in a row */
  encode(text: string, options?: EncodeOptions): Promise<Int32Array>;
  /** Text of ids. Special tokens are left out unless `skipSpecialTokens` is false. */
  decode(ids: Int32Array | readonly number[], options?: { skipSpecialTokens?: boolean }): Promise<string>;
  /** Id of a token by its text, if the vocabulary has it. */
  tokenId(token: string): number | undefined;
}
