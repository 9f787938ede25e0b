/** Sizes of published models by name, from their config.json. */
export const SHAPES = {
  'llama-2-7b': {
    model_type: 'llama',
    hidden_size: 4096,
    intermediate_size: 11008,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    num_hidden_layers: 32,
    vocab_size: 32000,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: false,
  },
  'llama-3.1-8b': {
    model_type: 'llama',
    hidden_size: 4096,
    intermediate_size: 14336,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    num_hidden_layers: 32,
    vocab_size: 128256,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-5,
    rope_theta: 500000,
    tie_word_embeddings: false,
  },
  'smollm2-135m': {
    model_type: 'llama',
    hidden_size: 576,
    intermediate_size: 1536,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    num_hidden_layers: 30,
    vocab_size: 49152,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-5,
    rope_theta: 100000,
    tie_word_embeddings: true,
  },
  'gemma-3-270m': {
    model_type: 'gemma3_text',
    hidden_size: 640,
    intermediate_size: 2048,
    num_attention_heads: 4,
    num_key_value_heads: 1,
    head_dim: 256,
    num_hidden_layers: 18,
    vocab_size: 262144,
    max_position_embeddings: 32768,
    rms_norm_eps: 1e-6,
    rope_theta: 1_000_000,
    rope_local_base_freq: 10000,
    query_pre_attn_scalar: 256,
    sliding_window: 512,
    sliding_window_pattern: 6,
    tie_word_embeddings: true,
  },
  'granite-3.3-2b': {
    model_type: 'granite',
    hidden_size: 2048,
    intermediate_size: 8192,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    num_hidden_layers: 40,
    vocab_size: 49159,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000_000,
    embedding_multiplier: 12,
    attention_multiplier: 0.015625,
    residual_multiplier: 0.22,
    logits_scaling: 8,
    tie_word_embeddings: true,
  },
} as const;

export type ShapeName = keyof typeof SHAPES;

export interface ShapeChanges {
  readonly layers?: number | undefined;
  readonly vocabulary?: number | undefined;
  /** Its settings are those of this type where the shape has none. */
  readonly modelType?: string | undefined;
}

/**
 * The config of a published model, with another number of layers or tokens, or as another type, if given. The size of its
 * heads is stated, since types differ in its default.
 */
export function shapeOf(
  name: ShapeName,
  { layers, vocabulary, modelType }: ShapeChanges,
): Record<string, unknown> {
  const shape = SHAPES[name];
  const count = layers ?? shape.num_hidden_layers;
  return {
    head_dim: shape.hidden_size / shape.num_attention_heads,
    ...shape,
    num_hidden_layers: count,
    ...('sliding_window_pattern' in shape ? { layer_types: layerTypes(count, shape) } : {}),
    ...(vocabulary === undefined ? {} : { vocab_size: vocabulary }),
    ...(modelType === undefined ? {} : { model_type: modelType }),
  };
}

/** A window in all layers but every `sliding_window_pattern`-th. */
const layerTypes = (count: number, { sliding_window_pattern: every }: { sliding_window_pattern: number }) =>
  Array.from({ length: count }, (_, layer) =>
    (layer + 1) % every === 0 ? 'full_attention' : 'sliding_attention',
  );
