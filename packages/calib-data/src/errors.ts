/** A file is missing, unreadable, or not of the format that its name says. */
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

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** No record has text in the requested column, or a record has something else there. */
export class MissingColumnError extends Error {
  readonly code = 'GRASP_DATA_COLUMN';
  constructor(
    readonly path: string,
    readonly column: string,
    readonly available: readonly string[],
    /** The record, from 1, that has something else there, and what. */
    other?: { readonly record: number; readonly value: unknown },
  ) {
    const where = other ? `, record ${other.record}` : '';
    const found = other ? `the value in column "${column}" is no text but ${kindOf(other.value)}` : undefined;
    const columns = `Columns: ${available.join(', ') || 'none'}.`;
    super(`${path}${where}: ${found ?? `no text in column "${column}"`}. ${columns}`);
    this.name = 'MissingColumnError';
  }
}

/** A line of a JSON Lines file is not a JSON object. */
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

/** The text has too few tokens for the requested blocks. */
export class TextTooShortError extends Error {
  readonly code = 'GRASP_DATA_TOO_SHORT';
  constructor(
    readonly source: string,
    readonly tokensFound: number,
    readonly tokensNeeded: number,
    recipe: string,
    /** What else helps, besides more text. */
    remedy = 'shorter blocks',
  ) {
    super(
      tokensFound === 0
        ? `${source}: the text is empty; at least ${tokensNeeded} tokens are needed, for ${recipe}.`
        : `${source}: the text is too short: it has ${tokensFound} tokens; at least ${tokensNeeded} are needed, for ${recipe}. Use more text, or ${remedy}.`,
    );
    this.name = 'TextTooShortError';
  }
}

/** The text is too long to be tokenized as one string. */
export class TextTooLongError extends Error {
  readonly code = 'GRASP_DATA_TOO_LONG';
  constructor(
    readonly source: string,
    readonly maxCharacters: number,
  ) {
    super(`${source}: the text has more than ${maxCharacters} characters. Use its first rows only.`);
    this.name = 'TextTooLongError';
  }
}

/** A token id is outside the vocabulary of the model. */
export class TokenIdError extends Error {
  readonly code = 'GRASP_DATA_TOKEN_ID';
  constructor(
    readonly id: number,
    readonly position: number,
    readonly vocabSize: number,
  ) {
    super(
      `token ${position} has id ${id}, outside the vocabulary of ${vocabSize}. Use the tokenizer of this model.`,
    );
    this.name = 'TokenIdError';
  }
}

/** A data set is not available. */
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

/** An option is out of range. */
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

/** The model has neither a chat template nor a token that starts a text. */
export class NoStartTokenError extends Error {
  readonly code = 'GRASP_DATA_START';
  constructor() {
    super(
      'The model has no chat template, and no token that starts or ends a text. It cannot generate calibration text.',
    );
    this.name = 'NoStartTokenError';
  }
}

/** A row does not hold a conversation, or none that the model's chat template and the block length allow. */
export class ConversationError extends Error {
  readonly code = 'GRASP_DATA_CONVERSATION';
  constructor(
    readonly path: string,
    /** From 1. */
    readonly row: number,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${path}, row ${row}: ${problem}`, options);
    this.name = 'ConversationError';
  }
}

/** The text is of conversations, and the model has no chat template. */
export class NoChatTemplateError extends Error {
  readonly code = 'GRASP_DATA_CHAT_TEMPLATE';
  constructor(readonly source: string) {
    super(
      `${source}: its rows are conversations, and the model has no chat template. Use a model that has one, or rows with one column of text (--text-column).`,
    );
    this.name = 'NoChatTemplateError';
  }
}
