/**
 * Named maxima for files of text and records. Compressed files say little about how much is in them, so what they
 * may unfold into is bounded here; everything else is held against the file's own size.
 */
export const LIMITS = {
  /** Characters of a text tokenised as one: V8 holds strings of up to 2^29, and tokenising needs several times it. */
  textCharacters: 2 ** 28,
  /** Characters of a line. */
  lineCharacters: 2 ** 27,
  /** Rows of a Parquet row group; data sets have some thousands. */
  parquetRows: 2 ** 22,
  /** Values of a column in a row group: more than its rows where they are lists. */
  parquetValues: 2 ** 24,
  /** Bytes of a Parquet page, unpacked; writers make pages of a megabyte. */
  parquetPageBytes: 2 ** 28,
} as const;
