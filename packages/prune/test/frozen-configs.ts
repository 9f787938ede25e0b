import { type DecoderConfig, decoderConfig } from '@grasp/decoder';

/** The models and settings whose forecasts `frozen-forecasts.json` holds. */
export const FROZEN_MODELS: Readonly<Record<string, DecoderConfig>> = {
  'SmolLM2-135M': decoderConfig({
    model_type: 'llama',
    hidden_size: 576,
    intermediate_size: 1536,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    num_hidden_layers: 30,
    vocab_size: 49152,
    tie_word_embeddings: true,
  }),
  'LLaMA-2-7B': decoderConfig({
    model_type: 'llama',
    hidden_size: 4096,
    intermediate_size: 11008,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    vocab_size: 32000,
  }),
  'Qwen3-0.6B': decoderConfig({
    model_type: 'qwen3',
    hidden_size: 1024,
    intermediate_size: 3072,
    num_attention_heads: 16,
    num_key_value_heads: 8,
    head_dim: 128,
    num_hidden_layers: 28,
    vocab_size: 151936,
    tie_word_embeddings: true,
  }),
  'a pruned model': decoderConfig({
    model_type: 'llama',
    hidden_size: 64,
    intermediate_size: 160,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    num_hidden_layers: 3,
    vocab_size: 1000,
    layer_shapes: [
      { intermediate_size: 160, num_attention_heads: 8, num_key_value_heads: 4 },
      { intermediate_size: 97, num_attention_heads: 6, num_key_value_heads: 3 },
      { intermediate_size: 33, num_attention_heads: 2, num_key_value_heads: 1 },
    ],
  }),
};

export const FROZEN_SETTINGS: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { dtype: 'bfloat16', keep: 0.7 },
  { method: 'grasp+' },
  { method: 'grasp+', dtype: 'bfloat16', keep: 0.3, batch: 4, length: 256 },
  { method: 'grasp+', recover: 0, refitBlocks: 100, distillBlocks: 96, rounds: 3, roundBlocks: 5 },
  { method: 'grasp+', refit: 'none', rank: 0, scaleEpochs: 3 },
  { rank: 8, batch: 3, epochs: 2, length: 1000, keep: 0.45 },
  { refit: 'sequential', refitBlocks: 1000, distill: 0.5 },
];

export const FROZEN_TEXTS = [
  { gates: 128, scales: 64 },
  { gates: 100, scales: 200, apart: true, window: 2048 },
] as const;

/** Share of the units that steps compute in full; `undefined` leaves it to the settings. */
export const FROZEN_SHARES = [undefined, 0.25] as const;
