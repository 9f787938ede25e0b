/**
 * The parameters under which a decoder answers a question, each one flat float32 vector.
 *
 * Sublayers are ordered from the bottom up: attention, then FFN, of each layer.
 */
export interface DecoderParameters {
  /** One gate per unit, in layout order: 0 removes the unit, another value scales it. Default: 1 everywhere. */
  readonly gates?: Float32Array | undefined;
  /** One scale per entry of each norm's weight: `[d]` for each sublayer, then for the final norm. Default: 1. */
  readonly norms?: Float32Array | undefined;
  /**
   * LoRA factors of the kept units' matrices (gate ≠ 0), of any rank: for each matrix of each sublayer `A [n, r]`, then
   * `B [r, m]`. See `initialLora`. Default: none.
   */
  readonly lora?: Float32Array | undefined;
}

/** The name of a parameter group of the decoder. */
export type ParameterName = keyof DecoderParameters;
