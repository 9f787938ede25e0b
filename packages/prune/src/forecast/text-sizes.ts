/** How much text a run reads. */
export interface TextSizes {
  /** Calibration blocks that gates are learned on, or units are ranked by. */
  readonly gates: number;
  /** Calibration blocks that scales are calibrated on. */
  readonly scales: number;
  /** Whether the two stages read different texts. Default: false. */
  readonly apart?: boolean;
  /** Tokens of a perplexity window. Absent if the run measures no perplexity. */
  readonly window?: number;
}
