export { CORPUS_NAMES, type CorpusName, corpus, evaluationSplit, hubText } from './corpora.js';
export {
  BadJsonLineError,
  DataFileError,
  DataOptionError,
  DatasetError,
  MissingColumnError,
  NoStartTokenError,
  TextTooLongError,
  TextTooShortError,
  TokenIdError,
} from './errors.js';
export { type HubOptions, type HubSplit, hubFiles } from './hub-files.js';
export {
  type NextTokens,
  type OwnText,
  type OwnTextOptions,
  type OwnTextProgress,
  ownText,
  type RowGenerator,
} from './own-text.js';
export { type DataRecord, readRecords } from './records.js';
export { takeTurns } from './take-turns.js';
export {
  firstRows,
  type RowConvention,
  rowConventionOf,
  type TextFileOptions,
  type TextSource,
  textFile,
  textRows,
} from './text-source.js';
export { checkIds, rows, sha256OfIds, type TokenBatch } from './token-batch.js';
export { evaluationWindows, type TokenBlocks, type TokenBlocksOptions, tokenBlocks } from './token-blocks.js';
export { type WritingFormat, writingFormat } from './writing-format.js';
