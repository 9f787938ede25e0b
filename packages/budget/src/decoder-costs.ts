/** The sizes that determine the cost of a decoder's units. */
export interface DecoderShape {
  /** Hidden size `d`. */
  readonly hiddenSize: number;
  /** Size of one attention head, `h`. */
  readonly headDim: number;
  /** Query heads per KV head, `G`. */
  readonly queriesPerKvHead: number;
  /** Whether q, k and v have biases, as in qwen2. */
  readonly attentionBias?: boolean;
}

/** Cost of one FFN channel and of one KV group. */
export type DecoderCosts = { readonly ffn: number; readonly kv: number };

/**
 * Returns the costs of the paper, in FFN channels: 1 for a channel and `(2G + 2)·h / 3` for a KV group, the ratio of their
 * parameters (GRASPrune, arXiv 2604.19398, section 3).
 */
export function paperCosts({ headDim, queriesPerKvHead }: DecoderShape): DecoderCosts {
  return { ffn: 1, kv: ((2 * queriesPerKvHead + 2) * headDim) / 3 };
}

/** Returns the parameters of one unit: `3d` for a channel, `(2G + 2)·h·d` plus bias entries for a KV group. */
export function parameterCosts(shape: DecoderShape): DecoderCosts {
  const { hiddenSize: d, headDim: h, queriesPerKvHead: G, attentionBias } = shape;
  return { ffn: 3 * d, kv: (2 * G + 2) * h * d + (attentionBias ? (G + 2) * h : 0) };
}

/**
 * Returns the floating-point operations of one unit per token of a forward pass. A multiply-add counts as two. A KV group
 * includes attention scores and weighted sums over the preceding positions.
 *
 * @param context sequence length in tokens. On average, a token attends to half of it.
 */
export function flopCosts(shape: DecoderShape, context: number): DecoderCosts {
  const { hiddenSize: d, headDim: h, queriesPerKvHead: G } = shape;
  return { ffn: 2 * 3 * d, kv: 2 * (2 * G + 2) * h * d + (4 * G * h * (context + 1)) / 2 };
}

/** Returns the KV-cache bytes of one unit per token: a key and a value of `h` elements for a KV group. */
export function kvCacheCosts({ headDim }: DecoderShape, bytesPerElement = 2): DecoderCosts {
  return { ffn: 0, kv: 2 * headDim * bytesPerElement };
}
