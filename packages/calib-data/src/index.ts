export { gatherBlocks } from './blocks/gather-blocks.js';
export { type MixOptions, mixTexts } from './blocks/mix-texts.js';
export { takeTurns } from './blocks/take-turns.js';
export {
  blocksFingerprint,
  checkIds,
  rowRange,
  rows,
  sha256OfIds,
  type TokenBatch,
} from './blocks/token-batch.js';
export {
  evaluationWindows,
  type TokenBlocks,
  type TokenBlocksOptions,
  tokenBlocks,
} from './blocks/token-blocks.js';
export type { Conversation } from './conversations/conversation.js';
export type { ConversationSource } from './conversations/conversation-source.js';
export {
  BadJsonLineError,
  ConversationError,
  DataFileError,
  DataOptionError,
  DatasetError,
  MissingColumnError,
  NoChatTemplateError,
  NoStartTokenError,
  TextTooLongError,
  TextTooShortError,
  TokenIdError,
} from './errors.js';
export { type DataRecord, isRecordsFile, readRecords } from './records/records.js';
export {
  type NextTokens,
  type OwnText,
  type OwnTextOptions,
  type OwnTextProgress,
  ownText,
  type RowGenerator,
} from './self-generated/self-generated-text.js';
export { type WritingFormat, writingFormat } from './self-generated/writing-format.js';
export { CORPUS_NAMES, type CorpusName, corpus, evaluationSplit, hubText } from './sources/corpora.js';
export { type HubOptions, type HubSplit, hubFiles } from './sources/hub-files.js';
export {
  firstRows,
  type RowConvention,
  rowConventionOf,
  type TextFileOptions,
  type TextSource,
  textFile,
  textRows,
} from './sources/text-source.js';
