import type { Checkpoint } from '@grasp/checkpoint';
import { letterTokenizer } from './made-up-model.js';
import { randomModel } from './random-model.js';

/** As small as vLLM's attention on the CPU allows: heads of 32 entries. */
const SIZES = {
  hidden_size: 128,
  intermediate_size: 96,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 32,
  num_hidden_layers: 4,
  max_position_embeddings: 1024,
  vocab_size: 64,
  tie_word_embeddings: false,
  rms_norm_eps: 1e-5,
  bos_token_id: null,
  eos_token_id: null,
  pad_token_id: null,
};
/** Heads that span the hidden size, which some families need. */
const SPANNING = { ...SIZES, hidden_size: 256 };

const [SLIDING, FULL] = ['sliding_attention', 'full_attention'];
const WINDOWS = { sliding_window: 100, layer_types: [SLIDING, FULL, SLIDING, FULL] };
const YARN = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 256 };

/** A model of each family that runtimes serve, with what distinguishes the family. */
const CONFIGS: Readonly<Record<string, Record<string, unknown>>> = {
  llama: { ...SIZES, tie_word_embeddings: true },
  'llama spanning': { ...SPANNING, model_type: 'llama' },
  'llama with its scaling': {
    ...SIZES,
    model_type: 'llama',
    rope_theta: 5e5,
    rope_scaling: {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 256,
    },
  },
  'llama with biases': { ...SIZES, model_type: 'llama', attention_bias: true, mlp_bias: true },
  mistral: { ...SIZES, sliding_window: 100 },
  ministral: { ...SIZES, ...WINDOWS },
  ministral3: {
    ...SIZES,
    rope_parameters: { ...YARN, rope_theta: 1e6, mscale: 1, mscale_all_dim: 1, llama_4_scaling_beta: 0.1 },
  },
  qwen2: { ...SIZES, tie_word_embeddings: true },
  qwen3: { ...SIZES, tie_word_embeddings: true },
  'qwen3 with a head of its own': { ...SIZES, model_type: 'qwen3' },
  seed_oss: { ...SIZES, attention_bias: true, attention_out_bias: false },
  gemma2: { ...SIZES, ...WINDOWS, query_pre_attn_scalar: 32, tie_word_embeddings: true },
  gemma3_text: { ...SIZES, ...WINDOWS, query_pre_attn_scalar: 32, tie_word_embeddings: true },
  phi3: { ...SPANNING, partial_rotary_factor: 0.5 },
  granite: {
    ...SPANNING,
    embedding_multiplier: 3,
    residual_multiplier: 0.5,
    attention_multiplier: 0.1,
    logits_scaling: 0.7,
  },
  smollm3: { ...SPANNING, no_rope_layers: [1, 1, 1, 0], tie_word_embeddings: true },
  arcee: { ...SIZES },
  glm4: { ...SIZES, partial_rotary_factor: 0.5 },
  ernie4_5: { ...SIZES },
  exaone4: { ...SPANNING, ...WINDOWS },
  olmo2: { ...SPANNING },
  olmo3: { ...SPANNING, ...WINDOWS },
};

/** Families that DeciLM does not fit, and why. */
export const DECI_REFUSED: Readonly<Record<string, string>> = {
  ministral3: 'queries that grow with their position',
  qwen3: 'norms of queries and keys',
  'qwen3 with a head of its own': 'norms of queries and keys',
  gemma2: 'the places of its norms',
  gemma3_text: 'norms of queries and keys',
  phi3: 'heads that are rotated in part, or in pairs',
  granite: 'a factor on embeddings',
  smollm3: 'positions that differ between layers',
  arcee: 'an FFN with relu2',
  glm4: 'the places of its norms',
  ernie4_5: 'heads that are rotated in part, or in pairs',
  exaone4: 'norms of queries and keys',
  olmo2: 'norms of queries and keys',
  olmo3: 'norms of queries and keys',
};

export const servedModelNames: readonly string[] = Object.keys(CONFIGS);

/**
 * A small model with random weights, large enough for the kernels of servers.
 *
 * @param windows whether layers see 100 keys, where the family has windows, or all
 */
export function servedModel(name: string, windows = true): Checkpoint {
  const config: Record<string, unknown> = { model_type: name, ...CONFIGS[name] };
  // exaone4 of llama.cpp has either no windows, and rotates in all layers, or 64 layers.
  const wide = { sliding_window: name === 'exaone4' ? null : 1024 };
  const window = 'sliding_window' in config && !windows ? wide : {};
  return { ...randomModel({ ...config, ...window }), files: letterTokenizer(SIZES.vocab_size) };
}
