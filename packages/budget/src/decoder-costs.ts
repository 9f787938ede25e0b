/** What the costs of a decoder's units depend on. */
export interface DecoderShape {
  /** Hidden size `d`. */
  readonly hiddenSize: number;
  /** Size of one head `h`. */
  readonly headDim: number;
  /** Query heads that share one key/value head, `G`. */
  readonly groupSize: number;
  /** Whether q, k and v (as in qwen2) have biases. */
  readonly attentionBias?: boolean;
}

/** Cost of one FFN channel and of one KV group. */
export type DecoderCosts = { readonly ffn: number; readonly kv: number };

/**
 * The paper's costs in FFN channels: a channel 1, a KV group `(2G + 2)·h / 3`, the ratio of their parameters
 * (GRASPrune, arXiv 2604.19398, section 3).
 */
export function paperCosts({ headDim, groupSize }: DecoderShape): DecoderCosts {
  return { ffn: 1, kv: ((2 * groupSize + 2) * headDim) / 3 };
}

/** Parameters of one unit: `3d` for a channel, `(2G + 2)·h·d` for a group, and its rows of the biases. */
export function parameterCosts(shape: DecoderShape): DecoderCosts {
  const { hiddenSize: d, headDim: h, groupSize: G, attentionBias } = shape;
  return { ffn: 3 * d, kv: (2 * G + 2) * h * d + (attentionBias ? (G + 2) * h : 0) };
}

/**
 * Floating-point operations of one unit for one token of a forward pass, a multiplication and an addition counted
 * as two: its weights, and for a group its heads' scores and weighted sum over the positions before the token.
 *
 * @param context tokens in the sequence; a token sees half of them on average.
 */
export function flopCosts(shape: DecoderShape, context: number): DecoderCosts {
  const { hiddenSize: d, headDim: h, groupSize: G } = shape;
  return { ffn: 2 * 3 * d, kv: 2 * (2 * G + 2) * h * d + (4 * G * h * (context + 1)) / 2 };
}

/** Bytes that one unit adds to the KV cache for each token: a key and a value of `h` elements for a group. */
export function kvCacheCosts({ headDim }: DecoderShape, bytesPerElement = 2): DecoderCosts {
  return { ffn: 0, kv: 2 * headDim * bytesPerElement };
}
