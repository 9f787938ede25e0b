/** What is asked of every model. */
export interface Load {
  /** Tokens in each prompt. */
  readonly prompt: number;
  /** Tokens generated after it. */
  readonly tokens: number;
  /** Numbers of clients that ask at the same time, each measured alone, in ascending order. */
  readonly concurrency: readonly number[];
  /** Requests of each client, one after another. */
  readonly requests: number;
  readonly threads: number;
}

/** What a number of clients got together. */
export interface Level {
  readonly concurrency: number;
  /** Answers per second, from the first request to the last answer. */
  readonly requestsPerSecond: number;
  /** Generated tokens per second of all clients. */
  readonly tokensPerSecond: number;
  /** Median seconds from a request to its first token. */
  readonly timeToFirstToken: number;
}

/** Measurements of one model in one server. */
export interface Serving {
  /** Seconds from the start of the process until it accepts requests. The files are in the system's cache, except at first. */
  readonly startSeconds: number;
  /** Tokens of the prompt per second until the first token, when nobody else asks. */
  readonly prefillTokensPerSecond: number;
  /** Tokens per second after the first one, when nobody else asks. */
  readonly decodeTokensPerSecond: number;
  readonly levels: readonly Level[];
  /** Resident memory of all processes of the server after all requests. Undefined where the system does not tell. */
  readonly residentBytes?: number | undefined;
  readonly kvCacheBytesPerToken: number;
}

/** Tokens that the KV cache holds when as many clients ask as are ever measured. */
export const cachedTokens = ({ prompt, tokens, concurrency }: Load): number =>
  (prompt + tokens) * Math.max(...concurrency);
