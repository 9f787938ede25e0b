export { CORPUS_NAMES, type CorpusName, corpus, evaluationSplit, hubText } from './corpora.js';
export {
  BadJsonLineError,
  DataFileError,
  DataOptionError,
  DatasetError,
  MissingColumnError,
  TextTooLongError,
  TextTooShortError,
  TokenIdError,
} from './errors.js';
export { type HubOptions, type HubSplit, hubFiles } from './hub-files.js';
export { type DataRecord, readRecords } from './records.js';
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
