type Raw = Readonly<Record<string, unknown>>;

/**
 * What differs between the decoder architectures supported. Everything else (names of tensors included) they
 * share with LLaMA.
 */
export interface Architecture {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Class name in `architectures` of config.json. */
  readonly className: string;
  /** Projections that may carry a bias; a checkpoint without the tensor has none. */
  readonly biases: readonly ('q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down')[];
  /** Whether queries and keys of each head are normalised before rotation. */
  readonly queryKeyNorm: boolean;
  /**
   * What the gate of a KV group multiplies. `key-value` is the paper's: keys (after rotation) and values.
   * `value`: values only, where a scale on keys could not be folded into `k_proj`.
   */
  readonly groupGate: 'key-value' | 'value';
  readonly tiedByDefault: boolean;
  /** Longest span attention sees, where the config limits it. */
  slidingWindow(raw: Raw): number | undefined;
}
