import type { ProjectionName } from '../../weights/tensor-names.js';

type Raw = Readonly<Record<string, unknown>>;

/** Sizes that a config.json may leave out. */
export interface ConfigDefaults {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  /** Null: as many as attention heads. */
  readonly num_key_value_heads: number | null;
  /** Null: the hidden size divided among the attention heads. */
  readonly head_dim: number | null;
  readonly max_position_embeddings: number;
}

/** How an architecture differs from LLaMA. Everything else, tensor names included, is LLaMA's. */
export interface Architecture {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Class name in `architectures` of config.json. */
  readonly className: string;
  /** The projections that have a bias under a config.json. Other biases in a checkpoint are ignored. */
  biases(raw: Raw): readonly ProjectionName[];
  /** Whether queries and keys of each head are normalised before rotation. */
  readonly queryKeyNorm: boolean;
  /**
   * The tensors that the gate of a KV group multiplies. `key-value`, as in the paper: keys (after rotation) and values.
   * `value`: values only, for models in which a scale on keys cannot be folded into `k_proj`.
   */
  readonly groupGate: 'key-value' | 'value';
  readonly tiedByDefault: boolean;
  /** The values of `sliding_window` that limits attention in some layer. Undefined if none does. */
  slidingWindow(raw: Raw): unknown;
  /**
   * The values that transformers' config class fills in for absent fields. Null if another field determines the value.
   * Default: those of LLaMA.
   */
  readonly defaults?: ConfigDefaults;
}
