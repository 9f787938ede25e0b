/**
 * Limits for files of text and records. They bound the size of decompressed data; all other sizes are compared with the
 * size of the file.
 */
export const LIMITS = {
  /** Length of a text that is tokenized at once, in characters. V8 strings have at most 2^29, and tokenizing needs a multiple of the text. */
  textCharacters: 2 ** 28,
  /** Length of a line, in characters. */
  lineCharacters: 2 ** 27,
  /** Rows of a Parquet row group. Data sets have some thousands. */
  parquetRows: 2 ** 22,
  /** Values of a column in a row group. Lists have more values than rows. */
  parquetValues: 2 ** 24,
  /** Decompressed size of a Parquet file, as a multiple of its size. Text compresses to a tenth. */
  parquetExpansion: 1000,
  /** Decompressed size of a Parquet page, in bytes. Writers make pages of about one megabyte. */
  parquetPageBytes: 2 ** 28,
} as const;
