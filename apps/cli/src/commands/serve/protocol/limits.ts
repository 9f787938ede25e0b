/** Limits of what a client may send. */
export const LIMITS = {
  /** Bytes in the body of a request. */
  bodyBytes: 2 ** 20,
  /** Prompts in one request. */
  prompts: 64,
  /** Stop strings, and characters of each. */
  stops: 16,
  stopCharacters: 1024,
  /** Likeliest tokens whose scores a request may ask for. */
  scores: 20,
} as const;
