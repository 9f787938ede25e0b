/** A checkpoint that brings no tokenizer this package reads. */
export class TokenizerMissingError extends Error {
  override readonly name = 'TokenizerMissingError';
  readonly code = 'GRASP_TOKENIZER_MISSING';

  constructor(
    readonly source: string,
    hint: string,
  ) {
    super(`${source} has no tokenizer.json. ${hint}`);
  }
}

/** A tokenizer.json that the tokenizers library refuses. */
export class TokenizerFormatError extends Error {
  override readonly name = 'TokenizerFormatError';
  readonly code = 'GRASP_TOKENIZER_FORMAT';

  constructor(
    readonly source: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`The tokenizer of ${source} cannot be used: ${detail}`, options);
  }
}

/** A tokenizer that can give ids for which the model has no embedding. */
export class TokenizerMismatchError extends Error {
  override readonly name = 'TokenizerMismatchError';
  readonly code = 'GRASP_TOKENIZER_MISMATCH';

  constructor(
    readonly tokenizerVocabSize: number,
    readonly modelVocabSize: number,
  ) {
    super(
      `The tokenizer gives ids up to ${tokenizerVocabSize - 1} and the model has ${modelVocabSize} embeddings. ` +
        `This tokenizer belongs to another model.`,
    );
  }
}

/** A text that the tokenizers library would not survive. */
export class TokenizerTextError extends Error {
  override readonly name = 'TokenizerTextError';
  readonly code = 'GRASP_TOKENIZER_TEXT';

  constructor(
    /** Characters of white space in a row. */
    readonly spaces: number,
    readonly limit: number,
  ) {
    super(
      `The text has ${spaces} characters of white space in a row, and at most ${limit} are taken. Is it text?`,
    );
  }
}
