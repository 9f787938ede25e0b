/**
 * Maxima for the values of config.json, each far above any published model. Values that pass are then compared with the
 * shapes in the headers of the weights, see `checkWeights`.
 */
export const LIMITS = {
  /** Layers. */
  layers: 4096,
  /** Hidden size, heads, size of a head, FFN channels, vocabulary. */
  size: 2 ** 24,
  /** Tokens of context; nothing is allocated in advance. */
  contextLength: 2 ** 31 - 1,
} as const;
