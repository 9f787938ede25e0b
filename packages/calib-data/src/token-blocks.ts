/** Rows of token ids of equal length. */
export interface TokenBatch {
  /** `[rows, length]` token ids, row-major. */
  readonly ids: Int32Array;
  /** `[rows, length]`. */
  readonly shape: readonly [rows: number, length: number];
}

/** Token blocks that know where they came from. */
export interface TokenBlocks extends TokenBatch {
  /** SHA-256 over the ids and the shape, hex. */
  readonly fingerprint: string;
  /** One line for a person: sources, rows, recipe. */
  readonly description: string;
}
