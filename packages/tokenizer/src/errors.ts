/** The checkpoint has no tokenizer.json. */
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

/** The tokenizer.json is damaged or uses features that are not supported. */
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

/** The tokenizer has ids for which the model has no embedding. */
export class TokenizerMismatchError extends Error {
  override readonly name = 'TokenizerMismatchError';
  readonly code = 'GRASP_TOKENIZER_MISMATCH';

  constructor(
    readonly tokenizerVocabSize: number,
    readonly modelVocabSize: number,
  ) {
    super(
      `The tokenizer gives ids up to ${tokenizerVocabSize - 1} and the model has ${modelVocabSize} embeddings. ` +
        `Use the tokenizer of this model.`,
    );
  }
}

/** The text has so many spaces or digits in a row that the tokenizers library would abort the process or take hours. */
export class TokenizerTextError extends Error {
  override readonly name = 'TokenizerTextError';
  readonly code = 'GRASP_TOKENIZER_TEXT';

  constructor(
    /** Length of the run, in characters. */
    readonly spaces: number,
    readonly limit: number,
    readonly found: 'characters of white space' | 'digits' = 'characters of white space',
  ) {
    super(`The text has ${spaces} ${found} in a row; the limit is ${limit}. Check that it is text.`);
  }
}
