type Raw = Readonly<Record<string, unknown>>;

/** How an architecture differs from LLaMA. Everything else, tensor names included, is LLaMA's. */
export interface Architecture {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Class name in `architectures` of config.json. */
  readonly className: string;
  /** Projections that may have a bias. If a checkpoint lacks the tensor, there is none. */
  readonly biases: readonly ('q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down')[];
  /** Whether queries and keys of each head are normalised before rotation. */
  readonly queryKeyNorm: boolean;
  /**
   * The tensors that the gate of a KV group multiplies. `key-value`, as in the paper: keys (after rotation) and values.
   * `value`: values only, for models in which a scale on keys cannot be folded into `k_proj`.
   */
  readonly groupGate: 'key-value' | 'value';
  readonly tiedByDefault: boolean;
  /** The span of attention in tokens, if the config limits it. */
  slidingWindow(raw: Raw): number | undefined;
}
