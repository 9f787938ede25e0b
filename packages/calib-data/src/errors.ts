/** A file of text or records that is missing, unreadable or not what its name says. */
export class DataFileError extends Error {
  readonly code = 'GRASP_DATA_FILE';
  constructor(
    readonly path: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${problem}`, options);
    this.name = 'DataFileError';
  }
}

/** A record or table without the column asked for. */
export class MissingColumnError extends Error {
  readonly code = 'GRASP_DATA_COLUMN';
  constructor(
    readonly path: string,
    readonly column: string,
    readonly available: readonly string[],
    where = '',
  ) {
    super(`${path}${where}: no text column "${column}"; it has ${available.join(', ') || 'no columns'}`);
    this.name = 'MissingColumnError';
  }
}

/** A line of a JSON Lines file that is not a JSON object. */
export class BadJsonLineError extends Error {
  readonly code = 'GRASP_DATA_JSON';
  constructor(
    readonly path: string,
    /** From 1. */
    readonly line: number,
    problem: string,
  ) {
    super(`${path}, line ${line}: ${problem}`);
    this.name = 'BadJsonLineError';
  }
}

/** Text with fewer tokens than the blocks asked for need. */
export class TextTooShortError extends Error {
  readonly code = 'GRASP_DATA_TOO_SHORT';
  constructor(
    readonly source: string,
    readonly tokensFound: number,
    readonly tokensNeeded: number,
    recipe: string,
  ) {
    super(
      tokensFound === 0
        ? `${source}: the text is empty; ${tokensNeeded} tokens are needed for ${recipe}`
        : `${source}: the text is too short: it has ${tokensFound} tokens and ${tokensNeeded} are needed for ${recipe}`,
    );
    this.name = 'TextTooShortError';
  }
}

/** Text too long to be joined and tokenised as one string. */
export class TextTooLongError extends Error {
  readonly code = 'GRASP_DATA_TOO_LONG';
  constructor(
    readonly source: string,
    readonly maxCharacters: number,
  ) {
    super(
      `${source}: more than ${maxCharacters} characters, too long to be tokenised as one text; take its first rows only`,
    );
    this.name = 'TextTooLongError';
  }
}

/** A token id that the model's vocabulary does not have: the tokenizer belongs to another model. */
export class TokenIdError extends Error {
  readonly code = 'GRASP_DATA_TOKEN_ID';
  constructor(
    readonly id: number,
    readonly position: number,
    readonly vocabSize: number,
  ) {
    super(
      `token ${position} has id ${id}, outside the vocabulary of ${vocabSize}; does the tokenizer belong to this model?`,
    );
    this.name = 'TokenIdError';
  }
}

/** A data set that could not be found or fetched. */
export class DatasetError extends Error {
  readonly code = 'GRASP_DATA_SET';
  constructor(
    readonly dataset: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`data set ${dataset}: ${problem}`, options);
    this.name = 'DatasetError';
  }
}

/** An option out of its range. */
export class DataOptionError extends Error {
  readonly code = 'GRASP_DATA_OPTION';
  constructor(
    readonly option: string,
    readonly received: unknown,
    expected: string,
  ) {
    super(`${option} is ${String(received)}; expected ${expected}`);
    this.name = 'DataOptionError';
  }
}

/** A model that names no token to begin a text with, and has no chat template. */
export class NoStartTokenError extends Error {
  readonly code = 'GRASP_DATA_START';
  constructor() {
    super(
      'The model has no chat template and names no token that a text starts or ends with, so it cannot write text by itself.',
    );
    this.name = 'NoStartTokenError';
  }
}
