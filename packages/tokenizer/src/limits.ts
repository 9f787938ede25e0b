/** Limits for tokenizer.json and for texts. Each is far above the values in use. */
export const LIMITS = {
  /** Token ids are below this number. */
  ids: 2 ** 31,
  /** Depth of a `Sequence` (of normalizers, decoders, …) within another. */
  nesting: 4,
  /** Length of a regular expression, in characters. The longest in use have some hundreds. */
  patternLength: 4096,
  /** Depth of nested groups in a regular expression. */
  patternDepth: 8,
  /** Open-ended repetitions in one alternative of a regular expression. */
  patternRepeats: 2,
  /** A bounded repetition above this counts as open-ended. */
  patternCount: 16,
  /** Ways in which one alternative of a regular expression can match at one place. */
  patternWays: 256,
  /** Digits or spaces in a row, in characters, where a pattern looks at the whole run at each character. */
  run: 20_000,
  /** Length of a chat template, in characters. The longest in use have some ten thousand. */
  templateCharacters: 2 ** 18,
  /** Steps to render a chat template: values of expressions, items of loops. */
  templateSteps: 3_000_000,
  /** Depth of macros that call each other. */
  templateDepth: 200,
  /** Length of a rendered prompt, with all text on the way to it, in characters. */
  promptCharacters: 2 ** 26,
  /** White space in a row, in characters. Common patterns backtrack once per space, and the library aborts at ten million. */
  spaces: 4_000_000,
} as const;
