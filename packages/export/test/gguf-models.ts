import { type Checkpoint, openCheckpoint } from '@grasp/checkpoint';
import { configOf, loadDecoder } from '@grasp/decoder';
import { fixtureFolder, fixtureNames } from '../../decoder/test/architecture-fixtures.js';
import { letterTokenizer } from './made-up-model.js';
import { randomModel } from './random-model.js';

const small = {
  hidden_size: 32,
  intermediate_size: 40,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  num_hidden_layers: 4,
  max_position_embeddings: 64,
  vocab_size: 40,
};

/** Models that llama.cpp has and the decoder's fixtures lack: heads that span the hidden size, and more. */
const CONFIGS: Readonly<Record<string, Record<string, unknown>>> = {
  'olmo2 tied': { ...small, model_type: 'olmo2', tie_word_embeddings: true },
  'olmo3 with windows': { ...small, model_type: 'olmo3', sliding_window: 5 },
  'olmo3 with YaRN': {
    ...small,
    model_type: 'olmo3',
    sliding_window: 5,
    layer_types: ['full_attention', 'sliding_attention', 'full_attention', 'full_attention'],
    rope_scaling: {
      rope_type: 'yarn',
      factor: 4,
      original_max_position_embeddings: 16,
      attention_factor: 1.3,
    },
  },
  'exaone4 of 64 layers': { ...small, model_type: 'exaone4', num_hidden_layers: 64, sliding_window: 5 },
  'gemma3 with scaling': {
    ...small,
    model_type: 'gemma3_text',
    query_pre_attn_scalar: 8,
    sliding_window: 5,
    num_hidden_layers: 7,
    rope_scaling: { rope_type: 'linear', factor: 8 },
  },
  'gemma3 without windows': {
    ...small,
    model_type: 'gemma3_text',
    query_pre_attn_scalar: 8,
    sliding_window: null,
    final_logit_softcapping: 20,
    tie_word_embeddings: false,
  },
  'gemma2 of few windows': {
    ...small,
    model_type: 'gemma2',
    query_pre_attn_scalar: 8,
    sliding_window: 5,
    layer_types: ['full_attention', 'full_attention', 'sliding_attention', 'full_attention'],
  },
  'qwen3 with a head of its own': { ...small, model_type: 'qwen3' },
  'qwen3 with a tied head': { ...small, model_type: 'qwen3', tie_word_embeddings: true },
};

/** Fixtures that llama.cpp has no place for, and why. */
export const REFUSED: Readonly<Record<string, RegExp>> = {
  'arcee-biases': /the bias of o_proj, the bias of up_proj, the bias of down_proj, in its architecture arcee/,
  'arcee-silu': /the activation silu/,
  'ernie4_5-biases': /the bias of gate_proj/,
  'exaone4-plain': /4 heads of 8 beside a hidden size of 16/,
  'exaone4-defaults': /heads/,
  'exaone4-layer-types': /heads/,
  'gemma2-no-caps':
    /its soft cap of attention scores, its soft cap of logits, a head that is not the embedding/,
  'gemma2-one-cap': /its soft cap of logits/,
  'gemma3_text-beside': /the rotary embedding of layer 0 with linear scaling/,
  'gemma3_text-linear': /the bias of o_proj/,
  'gemma3_text-local-scaling': /the rotary embedding of layer 0 with linear scaling/,
  'glm4-odd-rotary': /the activation quick-gelu, an odd number of rotated entries of a head/,
  'glm4-whole-rotary': /the activation gelu/,
  'llama-biases': /the activation gelu/,
  'llama-dynamic': /the rotary embedding of layer 0 with dynamic scaling/,
  'llama-dynamic-short': /dynamic scaling/,
  'llama-linear': /the activation gelu-tanh/,
  'llama-yarn-factor': /the rotary embedding of layer 0 with yarn scaling/,
  'llama-yarn-mscale': /yarn scaling/,
  'ministral-full': /the activation gelu/,
  'ministral3-window': /a YaRN ramp that ends before the first frequency/,
  'mistral-full': /the activation gelu/,
  'olmo2-biases': /the bias of o_proj/,
  'olmo2-many-heads': /heads/,
  'olmo2-plain': /heads/,
  'olmo3-defaults': /heads/,
  'olmo3-layer-types': /the bias of o_proj/,
  'olmo3-plain': /heads/,
  'olmo3-yarn': /heads/,
  'phi3-odd-rotary': /the activation relu, an odd number of rotated entries of a head/,
  'qwen3-window': /the bias of o_proj/,
  'smollm3-layer-types': /the rotary embedding of layer 1, which has none/,
  'smollm3-long-list': /the rotary embedding of layer 0, which has none/,
  'smollm3-no-rope': /the rotary embedding of layer 0, which has none/,
  'smollm3-window': /the rotary embedding of layer 1, which has none/,
};

export const ggufModelNames: readonly string[] = [
  ...fixtureNames.filter((name) => !Object.hasOwn(REFUSED, name)),
  ...Object.keys(CONFIGS),
];

/** A small model of an architecture, with a tokenizer. The caller closes it. */
export async function ggufTestModel(name: string): Promise<Checkpoint> {
  const config = CONFIGS[name];
  return config ? randomModel(config, 0.2) : fixture(name);
}

/** A fixture. Those of Gemma have the usual factor on scores, which is the only one that llama.cpp has. */
async function fixture(name: string): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(fixtureFolder(name));
  const { vocabSize, headDim } = configOf(checkpoint);
  const { text_config: nested } = checkpoint.config;
  const usual = name.startsWith('gemma') ? { query_pre_attn_scalar: headDim } : {};
  const { source, tensors } = checkpoint;
  return {
    ...{ source, tensors },
    config: {
      ...checkpoint.config,
      ...usual,
      ...(nested ? { text_config: { ...(nested as object), ...usual } } : {}),
    },
    files: letterTokenizer(vocabSize),
    read: (tensor) => checkpoint.read(tensor),
    close: () => checkpoint.close(),
  };
}

/** Logits of a text, `[T, V]`. */
export async function logitsOf(checkpoint: Checkpoint, ids: Int32Array): Promise<Float32Array> {
  const decoder = await loadDecoder(checkpoint);
  try {
    return await decoder.under().logits({ ids, shape: [1, ids.length] });
  } finally {
    decoder.dispose();
  }
}

/** A text as long as a file's context, but at most 24 tokens. */
export function textFor({ config }: Checkpoint): Int32Array {
  const length = Math.min(24, configOf({ config }).contextLength);
  return Int32Array.from({ length }, (_, i) => (i * 7 + 3) % 38);
}
