/** How much text a run works on. */
export interface TextSizes {
  /** Calibration blocks of each stage. */
  readonly gates: number;
  readonly scales: number;
  /** Whether each stage has a text of its own. */
  readonly apart?: boolean;
  /** Tokens in a window of perplexity; absent where none is measured. */
  readonly window?: number;
}
