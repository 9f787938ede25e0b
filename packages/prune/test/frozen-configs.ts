import { type DecoderConfig, decoderConfig } from '@grasp/decoder';
import type { SettingsInput } from '../src/settings/schema.js';

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

export const FROZEN_SETTINGS: readonly SettingsInput[] = [
  {},
  { engine: { dtype: 'bfloat16' }, budget: { keep: 0.7 } },
  { method: 'grasp+' },
  {
    method: 'grasp+',
    engine: { dtype: 'bfloat16' },
    budget: { keep: 0.3 },
    text: { batch: 4, length: 256 },
  },
  {
    method: 'grasp+',
    refit: { compensation: 0, blocks: 100 },
    distil: { blocks: 96 },
    importance: { rounds: 3, blocksPerRound: 5 },
  },
  { method: 'grasp+', refit: { mode: 'none' }, lora: { rank: 0 }, scales: { epochs: 3 } },
  { lora: { rank: 8 }, text: { batch: 3, length: 1000 }, gates: { epochs: 2 }, budget: { keep: 0.45 } },
  { refit: { mode: 'sequential', blocks: 1000 }, distil: { weight: 0.5 } },
];

export const FROZEN_TEXTS = [
  { gates: 128, scales: 64 },
  { gates: 100, scales: 200, apart: true, window: 2048 },
] as const;

/** Share of the units that steps compute in full; `undefined` leaves it to the settings. */
export const FROZEN_SHARES = [undefined, 0.25] as const;
