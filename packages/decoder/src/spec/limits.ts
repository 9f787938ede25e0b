/**
 * Named maxima for what config.json may claim: each is far above any published model. What passes is then held
 * against the shapes that the weights' own headers give, see `checkWeights`.
 */
export const LIMITS = {
  /** Layers. */
  layers: 4096,
  /** Hidden size, heads, size of a head, FFN channels, vocabulary. */
  size: 2 ** 24,
  /** Tokens of context; nothing is allocated for what is not read. */
  contextLength: 2 ** 31 - 1,
} as const;
