import type { ConfigFields } from '../config-fields.js';
import type { DecoderTraits } from '../decoder-traits.js';
import type { RotaryConfig } from '../rotary-config.js';

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
  readonly rms_norm_eps: number;
  readonly rope_theta: number;
}

/** What a config class of transformers insists on. A folder that is written for it keeps to it. */
export interface ConfigDemands {
  /** Version 5: the hidden size is a multiple of the head count. */
  readonly headsDivide?: true;
  /** All versions: with LongRoPE, the heads span the hidden size. */
  readonly headsSpanUnderLongRope?: true;
  /** Version 4: these kinds of rope scaling have their old names, and no further fields. */
  readonly oldScaling?: readonly RotaryConfig['scaling'][];
  /** Version 5: layers with a window have the default base of rotation, unless settings by layer type state another. */
  readonly baseByLayerType?: true;
}

/** An architecture: how a config.json of its `model_type` is read, and how its decoder differs from LLaMA's. */
export interface Architecture {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Class name in `architectures` of config.json. */
  readonly className: string;
  /** Where transformers has its classes, if not in the module of its model type under the prefix of its class name. */
  readonly transformers?: { readonly module: string; readonly config: string; readonly model: string };
  readonly demands?: ConfigDemands;
  /** Whether a config.json of another `model_type` is read as this one, as transformers does. */
  readonly takes?: (raw: Readonly<Record<string, unknown>>) => boolean;
  /** `model_type` of models that also read images, and whose `text_config` is of this architecture. */
  readonly multimodal?: string;
  /** Fields of such a `text_config` that count for nothing there, as if null. */
  readonly ignoredInMultimodal?: readonly string[];
  /** The values that transformers' config class fills in for absent fields. */
  readonly defaults: ConfigDefaults;
  /** What differs from LLaMA under a config.json. Everything else is LLaMA's, tensor names included. */
  traits(config: ConfigFields): Partial<DecoderTraits>;
}
