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
} as const;

export type ShapeName = keyof typeof SHAPES;

/** The config of a published model, with another number of layers or tokens if given. */
export function shapeOf(
  name: ShapeName,
  { layers, vocabulary }: { readonly layers?: number | undefined; readonly vocabulary?: number | undefined },
): Record<string, unknown> {
  return {
    ...SHAPES[name],
    ...(layers === undefined ? {} : { num_hidden_layers: layers }),
    ...(vocabulary === undefined ? {} : { vocab_size: vocabulary }),
  };
}
