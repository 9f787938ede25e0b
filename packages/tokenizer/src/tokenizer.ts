export interface EncodeOptions {
  /** Whether to add the special tokens of the tokenizer's post-processor, such as a leading BOS. Default true. */
  readonly specialTokens?: boolean;
}

/** Converts text to token ids and back. */
export interface Tokenizer {
  /** The highest id plus 1, added tokens included. */
  readonly vocabSize: number;
  /**
   * Returns the token ids of a text.
   *
   * @throws TokenizerTextError if the text has millions of spaces in a row
   */
  encode(text: string, options?: EncodeOptions): Promise<Int32Array>;
  /** Returns the text of token ids. Special tokens are left out unless `skipSpecialTokens` is false. */
  decode(ids: Int32Array | readonly number[], options?: { skipSpecialTokens?: boolean }): Promise<string>;
  /** Returns the id of a token, or undefined if the vocabulary does not have it. */
  tokenId(token: string): number | undefined;
}
