/** Named maxima for what a tokenizer.json, and a text, may hold: each is far above what is in use. */
export const LIMITS = {
  /** Bound of token ids. */
  ids: 2 ** 31,
  /** Sequences of normalizers and the like within sequences. */
  nesting: 4,
  /** Characters of a regular expression; the longest in use have some hundreds. */
  patternLength: 4096,
  /** Groups of a regular expression within groups. */
  patternDepth: 8,
  /** Open-ended repetitions in one alternative of a regular expression. */
  patternRepeats: 2,
  /** A bounded repetition above this counts as open-ended. */
  patternCount: 16,
  /** Spaces in a row: usual patterns step back once for each, and the library aborts at ten million. */
  spaces: 4_000_000,
} as const;
